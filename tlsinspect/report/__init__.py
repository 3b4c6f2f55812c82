"""Reports: an HTML page with the files beside it, and one screen of text.

In: an Inspection. Out: files (html.write_report), or something that rich can print
(text.render_summary). Nothing is imported here: the screen of text needs no charts.
"""
