"""Where things are: commune codes over time, points, contours and neighbours.

Everything here is pure functions on standard tables; the reference geography is a parameter, and
every conversion says what it merged, what it split and what it could not place.

========================  ==========================================================
module                    topic
========================  ==========================================================
``codes``                 the form of codes, arrondissements, the vintage of a list
``passage``               from one vintage of codes to another, with weights
``moves``                 weighted moves, chained
``movements``             the merges and splits of a conversion, in words
``events``                the official history of communes
``conversion``            tables of communes from one vintage to another
``column_rules``          what each kind of column does when communes merge or split
``apportionment``         whole numbers for print that add up
``lists``                 lists of communes from one vintage to another
``vintage_gap``           what no table explains between two vintages
``nearest_names``         what an unknown code or name may have meant
``geography``             the reference geography of a lake
``selection``             one zone, named by its code or by words
``territory``             a territory: what was asked for, resolved into communes
``geometry``              points of communes, projections, swapped columns
``contours``              contours of communes, Voronoi cells where there are none
``simplify``              light contours for screens, shared borders kept
``contiguity``            which communes touch
========================  ==========================================================
"""
