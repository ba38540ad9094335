/** How a chart looks, in the colours of the palette. Nothing is told by colour alone: labels have a flank, what is active a thick rim, what was taken a thick line. */
export const chartStyle = `
.chart .state>rect{fill:var(--paper);stroke:var(--stroke);stroke-width:1.2}
.chart .nested>rect{fill:var(--sheet);stroke:var(--stroke)}
.chart .nested .nested>rect{fill:var(--paper)}
.chart .rule{stroke:var(--faint);fill:none}
.chart .ink-title,.chart .ink-label{font-weight:600}
.chart .ink-note,.chart .ink-step{fill:var(--dim)}
.chart .ink-guard{fill:var(--dim)}
.chart .ink-call{fill:var(--blue)}
.chart .ink-answer{fill:var(--green)}
.chart .ink-say{fill:var(--pink)}
.chart .ink-change{fill:var(--dim)}
.chart .unwinding>rect{fill:var(--orangewash);stroke:var(--orange)}
.chart .unwinding .ink-label{fill:var(--orange)}
.chart .flank{stroke:var(--orange);stroke-width:5;fill:none}
.chart .edge path{fill:none;stroke:var(--stroke);stroke-width:1.3}
.chart .edge .hit{stroke:transparent;stroke-width:9}
.chart .edge .head{fill:var(--stroke);stroke:none}
.chart .unwinds path{stroke:var(--orange);stroke-dasharray:5 3}
.chart .unwinds .head{fill:var(--orange)}
.chart .beginning circle{fill:var(--ink)}
.chart .beginning path{fill:none;stroke:var(--ink);stroke-width:1.2}
.chart .beginning .head{fill:var(--ink)}
.chart .anywhere rect{fill:none;stroke:var(--stroke);stroke-dasharray:3 3}
.chart .words>rect{fill:var(--paper);opacity:.82}
.chart .active>rect{stroke:var(--blue);stroke-width:3}
.chart .active.nested>rect{stroke-width:2}
.chart .active:not(.nested)>rect{fill:var(--bluewash)}
.chart .edge.taken path{stroke:var(--green);stroke-width:3;stroke-dasharray:none}
.chart .edge.taken .hit{stroke:transparent}
.chart .edge.taken .head{fill:var(--green);stroke:var(--green)}
.chart .reaction.taken .ink-event,.chart .reaction.taken .ink-guard{fill:var(--green);font-weight:700}
.chart .reaction.ready .ink-event{text-decoration:underline}
.chart .edge.ready path{stroke:var(--blue)}
.chart .edge.ready .head{fill:var(--blue)}
`.trim();
