"""The style sheet of reports and index pages: always light, made for a screen and for A4."""

from basis_lab.results import style

SHEET = f"""
:root {{ --ink: {style.INK}; --muted: {style.MUTED}; --line: {style.GRID}; --axis: {style.AXIS};
  --warning: {style.WARNING}; --above: #3B82C4; --below: #D0693B; }}
body {{ font: 13px/1.45 {style.FONT}; color: var(--ink); background: #fff; margin: 24px auto;
  max-width: 1130px; padding: 0 16px; }}
.bl-head h1 {{ font-size: 22px; margin: 0 0 4px; }}
h2 {{ font-size: 14px; margin: 26px 0 8px; break-after: avoid; }}
h2 small, .muted {{ color: var(--muted); font-weight: 400; font-size: 12px; }}
.warning {{ color: var(--warning); }}
.badge {{ border: 1px solid var(--axis); border-radius: 3px; padding: 1px 6px; font-weight: 600;
  margin-right: 8px; }}
.badge.synthetic {{ border-color: var(--warning); color: var(--warning); }}
.figures {{ display: grid; grid-template-columns: repeat(6, 1fr); border-top: 1px solid var(--line);
  border-bottom: 1px solid var(--line); margin: 14px 0; }}
.figures div {{ padding: 8px 10px; border-left: 1px solid var(--line); }}
.figures div:first-child {{ border-left: 0; padding-left: 0; }}
.figures b {{ display: block; font-size: 20px; font-variant-numeric: tabular-nums; }}
.figures span {{ color: var(--muted); font-size: 11.5px; }}
.up {{ color: var(--above); }} .down {{ color: var(--below); }}
table.bl {{ border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums;
  font-size: 12.5px; break-inside: avoid; }}
table.bl.long {{ break-inside: auto; }}
table.bl thead {{ display: table-header-group; }}
table.bl th, table.bl td {{ padding: 3px 8px 3px 0; text-align: left; font-weight: 400;
  border-bottom: 1px solid var(--line); vertical-align: top; background: none; }}
table.bl thead th {{ color: var(--muted); font-weight: 600; border-bottom-color: var(--axis); }}
table.moments tbody th {{ white-space: nowrap; }}
table.bl .r {{ text-align: right; white-space: nowrap; }}
table.bl tr.total th, table.bl tr.total td, table.bl b {{ font-weight: 700; }}
table.invoice td:nth-child(2) {{ width: 36%; }}
.bar {{ display: inline-block; position: relative; width: 100%; min-width: 60px; height: 12px; }}
.bar i {{ position: absolute; top: 0; height: 12px; print-color-adjust: exact; }}
.scroll {{ overflow-x: auto; }}
table.index th, table.index td {{ overflow-wrap: anywhere; }}
table.index thead th, table.index .r {{ overflow-wrap: normal; }}
table.index thead th.r {{ white-space: normal; }}
table.failures td, table.failures th {{ overflow-wrap: anywhere; min-width: 64px; }}
table.index small, table.failures small {{ display: block; color: var(--muted);
  font-size: 11.5px; }}
table.index tr > :nth-child(2) {{ position: sticky; left: 0; background: #fff; min-width: 130px; }}
details {{ margin: 4px 0; }} summary {{ cursor: pointer; padding: 2px 0; }}
details details {{ margin-left: 18px; }}
code {{ font-size: 11.5px; overflow-wrap: anywhere; }}
.plotly-graph-div {{ break-inside: avoid; }}
.cells {{ display: flex; flex-wrap: wrap; justify-content: space-between; row-gap: 26px; }}
.cells > .cell {{ width: 100%; }} .cells > .cell.half {{ width: 48.5%; }}
.cells > .cell > h2:first-child {{ margin-top: 0; }}
.lacking {{ display: none; }} .bare .lacking {{ display: block; }}
.failed {{ border-left: 3px solid #B3261E; background: #F6F6F5; padding: 8px 12px; }}
footer {{ color: var(--muted); font-size: 11px; margin-top: 28px;
  border-top: 1px solid var(--line); padding-top: 6px; }}
@media screen {{ .cells > .cell {{ overflow-x: auto; }} }}
@media screen and (max-width: 1000px) {{ .cells > .cell.half {{ width: 100%; }} }}
@media screen and (max-width: 900px) {{ .figures {{ grid-template-columns: repeat(3, 1fr); }}
  .figures div:nth-child(3n + 1) {{ border-left: 0; padding-left: 0; }} }}
@page {{ size: A4 portrait; margin: 12mm; }}
@media print {{ body {{ margin: 0; padding: 0; width: 1130px; zoom: 0.62; }}
  a {{ color: inherit; text-decoration: none; }} .cell {{ break-inside: avoid-page; }} }}
"""

# Folded lists are opened before printing; what is folded inside them is for a screen.
BEFORE_PRINT = (
    "addEventListener('beforeprint',()=>document.querySelectorAll('details:not(details details)')"
    ".forEach(d=>{d.open=true}));"
)

# A page that was copied without the plotly.js beside it says so in place of blank charts.
MARK_BARE = "window.Plotly||document.documentElement.classList.add('bare');"
