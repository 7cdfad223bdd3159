"""However a producer's file is mutilated, the answer is rows, problems or a sentence: no traceback."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from assemblier.errors import BadInput
from assemblier.sources.readers.contract import Ignored
from assemblier.sources.readers.raw import RawFile
from assemblier.sources.readers.registry import recognise
from assemblier.tables import TABLES, checked

SHAPES = (
    "REG;DEP;DEPCOM;DCIRIS;AN;TYPEQU;NB_EQUIP\n84;01;01001;;2019;D201;1\n84;01;01004;;2019;D232;2\n",
    "CODGEO;LIBGEO;DEP;REG;EPCI;BV2022\n01001;A;01;84;200069193;01093\n01002;B;01;84;240100883;01004\n",
    "CODGEO;P22_POP;P22_POP0014;P22_POP1529;P22_POP30P\n01001;3;1.5;1;0.5\n",
    "GEO;GEO_OBJECT;AGE;SEX;RP_MEASURE;TIME_PERIOD;OBS_VALUE\n01001;COM;Y0T14;_T;POP;2022;3\n",
    "GEO;GEO_OBJECT;FACILITY_TYPE;BPE_MEASURE;TIME_PERIOD;OBS_VALUE\n01001;COM;D265;FACILITIES;2025;1\n",
    "CODGEO;NBMENFISC16;MED16;TP6016\n01001;100;22000;s\n",
    "COMMUNE,DCLT,IPONDI\n61220,28236,4.8\n",
    "CODGEO;LIBGEO;DCLT;L_DCLT;NBFLUX_C22_ACTOCC15P\n01001;A;01053;B;12.5\n",
    "finess_et,finess_ej,code_insee,dep,categetab,dateouv,lon,lat\n010000001,1,01053,1,603,2015-01-01,5,46\n",
    "dep;l_dep;annee;sexe;age_max_cat;value\n1;Ain;2009;h;4;20028\n1;Ain;2009;h;inf;20\n",
    "id1,X1,Y1,id2,X2,Y2,Dist_min,Dist_km\n1,411184.2,6399914.3,2,401150.9,6451433.3,57.04,63.3\n",
    '"id","38539","38320"\n"38539",0,10\n"38320",12,0\n',
    "code,fedi,part_75plus_pct\n01001,-3.05,8.8\n",
    "Code commune;Profession;Personne;De;À;Capacité\n01053;mg;X;01/06/2026;;-1\n",
    "cabinet;code_commune;date;nouveaux_patients;delai_jours\nA;01053;2026-01-15;oui;12\n",
    "code,nom,departement,epci\n01001,A,01,200000001\n",
    "TYPECOM,COM,REG,DEP,NCC,LIBELLE,COMPARENT\nCOM,01001,84,01,X,A,\n",
    "year_from,year_to,code_from,code_to,annee,typemodif,ratio\n1968,1975,01001,01002,,f,1\n",
)
JUNK = (
    "",
    "NS",
    "abc",
    "-1",
    "1e99",
    "\x81",
    '"',
    "99/99/9999",
    "inf",
    "é",
    "2A004",
    ";;",
    "Source :",
)


@st.composite
def mutilated(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(SHAPES))
    separator = ";" if text.count(";") > text.count(",") else ","
    rows = [line.split(separator) for line in text.splitlines()]
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(rows) - 1))
        kind = draw(st.sampled_from(["cell", "column", "row", "cut", "insert"]))
        column = draw(st.integers(0, max(len(rows[at]) - 1, 0)))
        if kind == "cell" and rows[at]:
            rows[at][column] = draw(st.sampled_from(JUNK))
        elif kind == "column":
            rows = [row[:column] + row[column + 1 :] for row in rows]
        elif kind == "row" and len(rows) > 1:
            del rows[at]
        elif kind == "cut":
            rows[at] = rows[at][:column]
        else:
            rows.insert(at, [draw(st.sampled_from(JUNK))])
    return "\n".join(separator.join(row) for row in rows)


@settings(max_examples=300)
@given(
    mutilated(), st.sampled_from(["utf-8", "cp1252", "utf-16"]), st.sampled_from(["x", "a_2019"])
)
def test_a_mutilated_file_never_brings_a_traceback(text: str, encoding: str, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(text.encode(encoding, errors="replace"))
        file = RawFile(path, "0" * 64)
        with suppress(BadInput):
            known = recognise(file)
            if isinstance(known, Ignored):
                assert known.reason
                return
            reader, what = known
            for extract in reader.read(file, what):
                frame, problems = checked(extract.frame, TABLES[extract.table], file=name)
                assert all(problem.file == name for problem in problems)
                last = len(text.splitlines()) + 1
                assert frame["_row"].between(1, last).all()
