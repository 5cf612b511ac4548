/** The style of the playground: system fonts, light and dark, from 320 px to a desktop. */
export const STYLE = `
:root { color-scheme: light dark; scroll-padding: 6rem 0 1rem;
  font: 1rem/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
  --page: #f6f7f9; --card: #fff; --text: #1b2330; --soft: #545f70; --line: #dde2e9; --edge: #7c8798;
  --accent: #2f54c8; --on-accent: #fff; --tint: #eef2fe; --good: #17663c; --good-tint: #e5f4eb;
  --warn: #80490a; --warn-tint: #fdf0dc; --bad: #a3222a; --bad-tint: #fdebeb;
  --code: #f3f5f8; --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
@media (prefers-color-scheme: dark) { :root {
  --page: #10141b; --card: #181e28; --text: #e6eaf1; --soft: #a3aebf; --line: #2b3442; --edge: #76839a;
  --accent: #9db4ff; --on-accent: #10182f; --tint: #212b45; --good: #7fd6a4; --good-tint: #16301f;
  --warn: #f2bd72; --warn-tint: #38290f; --bad: #ff9d9d; --bad-tint: #3b1c1f; --code: #10151d } }
* { box-sizing: border-box }
:lang(ko) { word-break: keep-all } code, pre, dd { word-break: normal }
body { margin: 0; background: var(--page); color: var(--text); overflow-wrap: anywhere }
.wrap { max-width: 74rem; margin: 0 auto; padding: 0 1.25rem }
h1, h2, h3 { line-height: 1.25; margin: 0; font-weight: 650; letter-spacing: -.01em }
h1 { font-size: 1.75rem } h2 { font-size: 1.2rem } h3 { font-size: 1rem }
p { margin: .5rem 0 } a { color: var(--accent); text-underline-offset: .2em }
code, pre { font: .8125rem/1.6 var(--mono) }
small, .soft { color: var(--soft); font-size: .875rem }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
[tabindex='-1']:focus { outline: none }
.skip { position: absolute; left: -99rem } .skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .5rem }
[hidden] { display: none !important }

.top { padding-top: 1rem }
.first, .links, .languages { display: flex; flex-wrap: wrap; align-items: center; column-gap: 1.25rem }
.first { justify-content: space-between } .links { margin-bottom: .75rem } .languages { gap: 0; margin: 0 -.45rem }
.languages > *, .links > * { display: inline-flex; align-items: center; min-height: 2.5rem }
.languages > * { padding: 0 .45rem; color: var(--soft) } .languages > span { color: var(--text); font-weight: 600 }
.quiet { font-size: .875rem }
.brand { font-weight: 700; display: flex; gap: .5rem; align-items: center }
.brand svg { width: 1.4rem; height: 1.4rem; color: var(--accent) }
.lead { max-width: 46rem; font-size: 1.05rem; color: var(--soft); margin-bottom: 1rem }

.card { background: var(--card); border: 1px solid var(--line); border-radius: .9rem; margin: 1.25rem 0;
  padding: 1.25rem; display: grid; gap: 1.25rem; grid-template-columns: minmax(0, 1fr) }
.card.plain { display: block }
@media (min-width: 60rem) {
  .card { grid-template-columns: minmax(0, 10fr) minmax(0, 9fr); padding: 1.75rem; gap: 2.25rem } }
.card > * { min-width: 0 }
.side > .snippet + .snippet { margin-top: 1.25rem }
fieldset { border: 0; padding: 0; margin: 1.25rem 0 0; min-width: 0 }
legend, .label { padding: 0; font-weight: 600; font-size: .9rem; margin-bottom: .5rem; display: block }
.tiles { display: grid; gap: .5rem; grid-template-columns: repeat(auto-fill, minmax(min(5.6rem, 100%), 1fr)) }
.tiles.wide { grid-template-columns: repeat(auto-fit, minmax(min(9rem, 100%), 1fr)) }
.tile { position: relative; display: block; border: 1px solid var(--edge); border-radius: .6rem; padding: .5rem .7rem;
  cursor: pointer; min-height: 2.75rem }
.tile input { position: absolute; opacity: 0; inset: 0; width: 100%; height: 100%; margin: 0; cursor: pointer }
.tile b { display: block; font-weight: 550; font-size: .95rem }
.tile small { display: block; line-height: 1.4 }
.tile:hover { border-color: var(--accent) }
.tile:has(:checked) { border-color: var(--accent); background: var(--tint); box-shadow: inset 0 0 0 1px var(--accent) }
.tile:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: 2px }
.tile .mark { font-size: .6875rem; letter-spacing: .06em; font-weight: 650 }
select { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--edge); border-radius: .6rem;
  padding: .55rem .75rem; width: 100%; max-width: 30rem; min-height: 2.75rem }
.check { display: flex; gap: .6rem; align-items: center; margin-top: 1rem; min-height: 1.75rem }
.check input { width: 1.1rem; height: 1.1rem; accent-color: var(--accent); flex: none }
button, .button { font: inherit; font-size: .925rem; font-weight: 550; color: inherit; background: transparent; border: 1px solid var(--edge);
  border-radius: .6rem; padding: .4rem .85rem; cursor: pointer; min-height: 2.25rem }
button:hover { border-color: var(--accent); background: var(--tint) }
button.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-size: 1rem;
  font-weight: 600; padding: .7rem 1.4rem; margin-top: 1.5rem; width: 100%; max-width: 30rem }
button.main:hover { filter: brightness(1.08) }
button:disabled { opacity: .55; cursor: default }
.row { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; margin-top: 1rem }

.snippet { margin: 0; border: 1px solid var(--line); border-radius: .7rem; background: var(--code); overflow: hidden }
.snippet figcaption { padding: .7rem .9rem 0; font-size: .9rem; font-weight: 600 }
.snippet figcaption code { font-weight: 600 }
.snippet.one { position: relative } .one figcaption { padding-right: 6rem } .one .bar { position: absolute; top: 0; right: 0; background: var(--code); border-radius: .7rem }
.snippet .note { margin: .2rem .9rem 0 } .snippet .note:empty { display: none }
.bar { display: flex; flex-wrap: wrap; gap: .35rem; padding: .55rem .9rem 0 }
.bar button { padding: .1rem .65rem; min-height: 1.75rem; font-size: .8125rem; border-color: transparent }
.bar button[aria-pressed=true] { background: var(--tint); border-color: var(--accent); color: var(--accent) }
.bar .copy { margin-left: auto; border-color: var(--edge); background: var(--card) }
pre { margin: 0; padding: .7rem .9rem .9rem; white-space: pre-wrap; overflow: auto; max-height: 24rem; overflow-wrap: anywhere }
pre:focus-visible { outline-offset: -3px }

.badge { display: inline-block; font-size: .75rem; font-weight: 600; border-radius: 1rem; padding: .05rem .6rem;
  background: var(--tint); color: var(--accent) }
.badge.good { background: var(--good-tint); color: var(--good) }
.badge.warn { background: var(--warn-tint); color: var(--warn) }
.notice { border-radius: .7rem; padding: .8rem 1rem; margin: 1.25rem 0 0; background: var(--tint) }
.notice.bad { background: var(--bad-tint); color: var(--bad) } .notice.good { background: var(--good-tint); color: var(--good) }
.messages { position: sticky; top: .5rem; z-index: 1 }
.messages .notice { display: flex; align-items: flex-start; gap: 1rem; box-shadow: 0 .4rem 1.2rem rgb(0 0 0 / .16) } .messages .notice > div { flex: 1; min-width: 0 }
.close { flex: none; border-color: transparent; font-size: 1.25rem; line-height: 1; min-width: 2.25rem; padding: 0; margin: -.35rem -.5rem }
.notice p { margin: 0 } .notice p + p { margin-top: .35rem; font-size: .9rem }
.person { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; margin-top: 1rem }
.person > :not(.face) { flex: 1 1 10rem; min-width: 0 }
.face { flex: none; width: 4rem; height: 4rem; border-radius: 50%; background: var(--tint); color: var(--accent); display: grid;
  place-items: center; font-size: 1.4rem; font-weight: 650; overflow: hidden }
.face img { width: 100%; height: 100%; object-fit: cover }
.person .name { font-size: 1.15rem; font-weight: 650; max-height: 4.5em; overflow: hidden }
dl { margin: 1rem 0 0; display: grid; grid-template-columns: minmax(0, 1fr); font-size: .9rem }
dt { font-weight: 600; font-family: var(--mono); font-size: .8125rem; padding-top: .55rem; border-top: 1px solid var(--line) }
dd { margin: 0; padding-bottom: .55rem } dd code { display: block }
@media (min-width: 36rem) {
  dl { grid-template-columns: minmax(7.5rem, max-content) minmax(0, 1fr); column-gap: 1.25rem }
  dd { padding-top: .5rem; border-top: 1px solid var(--line) } }
progress { width: 100%; height: .4rem; accent-color: var(--accent); display: block; margin-top: .4rem }
.more { border: 0; padding: 0; margin-top: .5rem } .more .tiles { margin-top: .5rem } .more summary { font-weight: 550; color: var(--accent) }
.try { padding: .35rem 0 .5rem; margin-top: .75rem } .try > summary { padding: .5rem 0 } .try > .snippet, .try > .notice { margin-top: 1rem }
.try[open] { padding-bottom: 1.25rem } .try details { margin-top: .5rem } .try details pre { background: var(--code); border-radius: .6rem }
.card > details.side { margin: 0; border: 0; padding: 0 } .side > summary { color: var(--soft); font-size: .9rem } .side > summary + .snippet { margin-top: .5rem }
details { margin-top: 1rem; border-top: 1px solid var(--line); padding-top: .75rem }
summary { cursor: pointer; font-weight: 600; min-height: 1.75rem }
.list { list-style: none; margin: .75rem 0 0; padding: 0 }
.list li { border-top: 1px solid var(--line); padding: .8rem 0; display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center }
.list li > div { flex: 1 1 14rem; min-width: 0 }
.steps { padding-left: 1.2rem } .steps li { margin: .5rem 0; padding-left: .2rem }
.side h3 { margin-top: 1.5rem; font-size: .9rem } .side .steps { font-size: .9rem; color: var(--soft) }
footer { padding: .5rem 0 3rem }
@media (forced-colors: active) {
  .tile:has(:checked), .bar button[aria-pressed=true] { border: 3px solid Highlight } .tile:has(:checked) { padding: calc(.5rem - 2px) calc(.7rem - 2px) }
}
@media (prefers-reduced-motion: no-preference) { .tile, button { transition: background-color .12s, border-color .12s } }
`
