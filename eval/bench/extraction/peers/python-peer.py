"""A Python peer of the extraction bench: JSON Lines in, one line out for each.

Usage: python3 python-peer.py trafilatura|html2text. Input {"id", "html", "url"}; output {"id", "text",
"ms"}; at the end of the input {"peakBytes"}. Time is the library's call alone.
"""

import json
import resource
import sys
import time

name = sys.argv[1]
if name == "trafilatura":
    import trafilatura

    def extract(html, url):
        # As its own documentation and the public benchmark call it.
        return trafilatura.extract(html, url=url, include_comments=False) or ""

else:
    import html2text

    def extract(html, url):
        # As WebGLM calls it.
        reader = html2text.HTML2Text()
        reader.ignore_links = True
        reader.ignore_images = True
        return reader.handle(html)


print(json.dumps({"ready": name}), flush=True)
for line in sys.stdin:
    page = json.loads(line)
    started = time.perf_counter()
    try:
        text, error = extract(page["html"], page["url"]), None
    except Exception as problem:  # a peer that fails on a page has found nothing
        text, error = "", str(problem)
    ms = (time.perf_counter() - started) * 1000
    print(json.dumps({"id": page["id"], "text": text, "ms": ms, "error": error}), flush=True)
print(json.dumps({"peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}), flush=True)
