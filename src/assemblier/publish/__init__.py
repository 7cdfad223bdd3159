"""The publish room: a document made of blocks, rendered into files."""
