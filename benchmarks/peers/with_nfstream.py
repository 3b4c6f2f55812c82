"""Flows of a capture, with names and fingerprints, as a frame by nfstream: with_nfstream.py CAPTURE."""

import sys

from nfstream import NFStreamer

if __name__ == "__main__":
    print(len(NFStreamer(source=sys.argv[1]).to_pandas()))
