"""The style sheet of the report: light and dark by the reader's setting, and on paper."""

from __future__ import annotations

_LIGHT = """
  --paper: #ffffff; --plate: #f6f7f8; --line: #d4d8dc; --ink: #1a1a1a; --soft: #565c62;
  --link: #00539c; --seen: #0072b2; --bad: #c44a00; --allowed: #00795a; --muted: #6f767c;
  --grid: #e4e4e4; --ok-ink: #0b5d3c; --ok-fill: #e3f3ea; --no-ink: #8f1d0c; --no-fill: #fde7e1;
  --measured-ink: #5a4300; --measured-fill: #faf0d2;
"""
_DARK = """
  --paper: #14171a; --plate: #1c2024; --line: #3a4148; --ink: #e8eaec; --soft: #a9b1b8;
  --link: #7cb8f2; --seen: #5ab4ec; --bad: #ff8a4c; --allowed: #3fcf9f; --muted: #98a1a9;
  --grid: #32383e; --ok-ink: #8fe3bb; --ok-fill: #12352a; --no-ink: #ffb4a2; --no-fill: #471c14;
  --measured-ink: #f2d98c; --measured-fill: #3a3012;
"""

STYLE = f"""
:root {{ color-scheme: light dark;{_LIGHT}}}
@media (prefers-color-scheme: dark) {{ :root {{{_DARK}}} }}
* {{ box-sizing: border-box; }}
html {{ scroll-padding-top: 1rem; }}
body {{
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif;
  overflow-wrap: break-word;
}}
header, main, footer {{ max-width: 60rem; margin: 0 auto; padding: 0 1.25rem; }}
header {{ padding-top: 2rem; }}
footer {{ padding-bottom: 3rem; color: var(--soft); font-size: 0.875rem; }}
h1 {{ font-size: 1.9rem; line-height: 1.2; margin: 0 0 0.5rem; }}
h2 {{ font-size: 1.4rem; margin: 2.75rem 0 0.75rem; }}
h3 {{ font-size: 1.15rem; margin: 0; display: flex; flex-wrap: wrap; gap: 0.6rem;
  align-items: center; }}
h4 {{ font-size: 1rem; margin: 1.25rem 0 0.25rem; }}
p {{ margin: 0.5rem 0; }}
a {{ color: var(--link); text-underline-offset: 0.15em; }}
a:focus-visible, [tabindex]:focus-visible {{ outline: 3px solid var(--link); outline-offset: 2px; }}
code, pre, .case {{ font-family: ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace;
  font-size: 0.875em; }}
pre {{ background: var(--plate); border: 1px solid var(--line); border-radius: 4px;
  padding: 0.6rem 0.8rem; margin: 0.5rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }}
.skip {{ position: absolute; left: -999rem; top: 0; background: var(--paper); padding: 0.75rem; }}
.skip:focus {{ left: 0.5rem; z-index: 1; }}
.lead {{ font-size: 1.15rem; }}
.soft {{ color: var(--soft); }}
.word {{ display: inline-block; font: 600 0.8125rem/1.4 inherit; font-size: 0.8125rem;
  font-weight: 650; padding: 0.1rem 0.55rem; border-radius: 1rem; border: 1px solid currentColor;
  white-space: nowrap; }}
.holds .word {{ color: var(--ok-ink); background: var(--ok-fill); }}
.measured .word {{ color: var(--measured-ink); background: var(--measured-fill); }}
.fails .word, .error .word {{ color: var(--no-ink); background: var(--no-fill); border-width: 2px;
  text-transform: uppercase; }}
section.law {{ border-top: 1px solid var(--line); padding: 1.75rem 0 1.25rem; }}
section.law:target {{ border-top: 3px solid var(--link); }}
section.fails, section.error {{ border-left: 6px solid var(--no-ink); padding-left: 1rem; }}
.formula {{ background: var(--plate); border-radius: 4px; padding: 0.75rem; margin: 0.75rem 0;
  overflow-x: auto; }}
math {{ font-family: "STIX Two Math", "Latin Modern Math", "Cambria Math", "Libertinus Math",
  "DejaVu Math TeX Gyre", math; font-size: 1.1em; }}
.formula math {{ font-size: 1.2em; margin: 0.4rem 0; }}
dl.facts {{ display: grid; grid-template-columns: 7.5rem 1fr; gap: 0.3rem 1rem;
  margin: 0.75rem 0; }}
dl.facts dt {{ color: var(--soft); }}
dl.facts dd {{ margin: 0; min-width: 0; overflow-wrap: anywhere; }}
figure {{ margin: 1rem 0; }}
figure svg {{ display: block; width: 100%; max-width: 46rem; height: auto; }}
figure svg text {{ font-family: system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; }}
figcaption {{ color: var(--soft); font-size: 0.875rem; max-width: 46rem; }}
.scroll {{ overflow-x: auto; margin: 0.75rem 0; }}
table {{ border-collapse: collapse; font-size: 0.875rem; min-width: 100%; }}
caption {{ text-align: left; color: var(--soft); padding-bottom: 0.35rem; }}
th, td {{ text-align: left; vertical-align: top; padding: 0.28rem 0.75rem 0.28rem 0;
  border-bottom: 1px solid var(--line); }}
thead th {{ border-bottom: 2px solid var(--line); font-weight: 600; }}
tbody th {{ font-weight: 400; }}
.number {{ font-variant-numeric: tabular-nums; white-space: nowrap; }}
.case {{ min-width: 12rem; }}
td.ok, td.no {{ white-space: nowrap; }}
td.ok {{ color: var(--ok-ink); }}
td.no {{ color: var(--no-ink); font-weight: 650; }}
tr.row-no > * {{ background: var(--no-fill); }}
.counts {{ display: flex; flex-wrap: wrap; gap: 0.5rem 2rem; padding: 0; margin: 1rem 0;
  list-style: none; }}
@media (max-width: 34rem) {{
  header, main, footer {{ padding-left: 0.9rem; padding-right: 0.9rem; }}
  dl.facts {{ grid-template-columns: 1fr; gap: 0; }}
  dl.facts dd {{ margin-bottom: 0.5rem; }}
  .case {{ min-width: 9rem; }}
  figure {{ overflow-x: auto; }}
  figure svg {{ min-width: 34rem; }}
  figcaption {{ position: sticky; left: 0; }}
}}
@media print {{
  :root {{ color-scheme: light;{_LIGHT}}}
  @page {{ margin: 16mm 14mm; }}
  body {{ font-size: 10pt; }}
  header, main, footer {{ max-width: none; padding: 0; }}
  h1, h2, h3, h4, caption, section.law > p {{ break-after: avoid; }}
  figure, .formula, pre, tr {{ break-inside: avoid; }}
  figure svg {{ max-width: 150mm; }}
  .scroll, .formula {{ overflow: visible; }}
  .formula math {{ font-size: 1em; }}
  table {{ font-size: 7.5pt; }}
  thead {{ display: table-header-group; }}
  .case {{ min-width: 0; overflow-wrap: anywhere; }}
  th, td {{ padding-right: 0.4rem; }}
  .word, section, td, th {{ print-color-adjust: exact; }}
  .skip {{ display: none; }}
  a {{ color: inherit; }}
}}
"""
