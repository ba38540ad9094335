/** How a topology looks, in the colours of the palette. Who has a group is told by a form and a word too, what changed by weight and a bar. */
export const topologyStyle = `
.topology .group>rect,.topology .loose>rect{fill:var(--greywash);stroke:var(--stroke);stroke-width:1.5}
.topology .loose>rect{fill:none;stroke-dasharray:5 4}
.topology .kernel_dma>rect:first-of-type{fill:var(--bluewash);stroke:var(--blue)}
.topology .claimed>rect:first-of-type{fill:var(--orangewash);stroke:var(--orange)}
.topology .group.broken>rect:first-of-type{fill:var(--redwash);stroke:var(--red);stroke-width:3}
.topology .sign{fill:none;stroke:var(--stroke);stroke-width:2.5}
.topology .kernel_dma .sign{fill:var(--blue);stroke:var(--blue)}
.topology .claimed .sign{fill:var(--orange);stroke:var(--orange)}
.topology .broken .sign{stroke:var(--red);stroke-width:4;stroke-linecap:round}
.topology .ink-title,.topology .ink-name{font-weight:600}
.topology .ink-number{font-weight:600}
.topology .ink-note{fill:var(--dim)}
.topology text.ink-broken{fill:var(--red);font-weight:600}
.topology .device>rect{fill:var(--paper);stroke:var(--stroke)}
.topology .device.bound>rect{stroke:var(--blue);stroke-width:1.6}
.topology .absent>rect,.topology .removed>rect,.topology .driver.off>rect{stroke-dasharray:4 3;opacity:.7}
.topology .driver>rect,.topology .thread>rect{fill:var(--paper);stroke:var(--stroke)}
.topology .thread.busy>rect{stroke:var(--green);stroke-width:2}
.topology .ink-doing.busy{fill:var(--green)}
.topology .link{fill:none;stroke:var(--blue);stroke-width:1.4}
.topology .link.end{fill:var(--blue);stroke:none}
.topology .link.coming{stroke-dasharray:4 3}
.topology .link.owns{stroke:var(--orange);stroke-width:2}
.topology .link.owns.end{fill:var(--orange)}
.topology .fresh{font-weight:700;text-decoration:underline}
.topology .changed>rect:first-of-type{stroke-width:3;stroke-dasharray:none}
.topology .thing{cursor:pointer}
.topology .thing:hover>rect:first-of-type{stroke:var(--ink)}
.topology .selected>rect:first-of-type{stroke:var(--ink);stroke-width:3}
`.trim();
