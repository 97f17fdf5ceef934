namespace DataIntensive.Testing;

internal static class TimelineStyle
{
    public const string Css = """
        :root { color-scheme: light dark; --back: #fff; --front: #1c2430; --dim: #5d6b7e; --rule: #e3e8ef; --look: #dbe7f6; --look-edge: #7ba1cf; --change: #d5efdf; --change-edge: #58a57a; --plain: #eceff3; --plain-edge: #a7b1bf; --bad: #c62828; --bad-back: #fde3e1; --good: #1b7a43; --maybe: #8a5a00; }
        @media (prefers-color-scheme: dark) { :root { --back: #12161c; --front: #e4e9f0; --dim: #93a1b5; --rule: #2a323d; --look: #1f3350; --look-edge: #5c8cc6; --change: #173c29; --change-edge: #4c9a6d; --plain: #262d37; --plain-edge: #64707f; --bad: #ff7b72; --bad-back: #4a1f1f; --good: #5fd08f; --maybe: #e3b04b; } }
        body { margin: 1.5rem; background: var(--back); color: var(--front); font: 15px/1.45 system-ui, sans-serif; }
        h1 { font-size: 1.35rem; margin: 0 0 .3rem; } h2 { font-size: 1.05rem; margin: 0 0 .4rem; }
        code, .bar, td { font-family: ui-monospace, "DejaVu Sans Mono", Consolas, monospace; font-size: 13px; overflow-wrap: anywhere; }
        .about { color: var(--dim); margin: .2rem 0 1rem; }
        .not-linearizable { color: var(--bad); } .linearizable { color: var(--good); } .unknown.verdict { color: var(--maybe); }
        .finding { border-left: 4px solid var(--bad); padding: .2rem 0 .2rem 1rem; margin: 0 0 1.2rem; } .finding p { margin: .3rem 0; max-width: 75rem; }
        table { border-collapse: collapse; margin: .5rem 0; } th { text-align: left; color: var(--dim); font-weight: 500; font-size: 13px; } th, td { padding: .2rem 1.2rem .2rem 0; } .blocked-row td { color: var(--bad); font-weight: 600; }
        .legend { list-style: none; display: flex; flex-wrap: wrap; gap: .3rem 1.3rem; padding: 0; margin: 0 0 .8rem; font-size: 13px; color: var(--dim); } .legend li { display: flex; align-items: center; gap: .4rem; } .legend .bar { position: static; width: 26px; height: 14px; }
        .timeline { display: flex; overflow-x: auto; border: 1px solid var(--rule); border-radius: 6px; margin: 0 0 1.5rem; }
        .names { position: sticky; left: 0; z-index: 3; background: var(--back); border-right: 1px solid var(--rule); flex: none; } .name { box-sizing: border-box; height: 34px; line-height: 34px; padding: 0 .7rem; max-width: 9rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: 13px; color: var(--dim); }
        .lanes { position: relative; flex: none; } .lane { position: absolute; left: 0; right: 0; height: 33px; border-bottom: 1px solid var(--rule); }
        .bar { box-sizing: border-box; position: absolute; height: 26px; line-height: 24px; border: 1px solid var(--plain-edge); border-radius: 4px; background: var(--plain); padding: 0 3px; overflow: hidden; white-space: nowrap; cursor: default; }
        .bar:hover, .bar:focus { outline: 2px solid var(--front); z-index: 2; }
        .look { background: var(--look); border-color: var(--look-edge); } .change { background: var(--change); border-color: var(--change-edge); }
        .bar.unknown { border-style: dashed; border-right: 0; border-radius: 4px 0 0 4px; background: linear-gradient(90deg, var(--plain), transparent); }
        .unplaced { color: var(--dim); } .core { border: 2px solid var(--bad); line-height: 22px; font-weight: 600; color: var(--front); } .core.blocked { background: var(--bad); color: var(--back); }
        .place { display: inline-block; min-width: 1em; padding: 0 3px; margin-right: 4px; border-radius: 3px; background: var(--front); color: var(--back); font: 600 11px/16px system-ui, sans-serif; text-align: center; }
        #tip { position: fixed; z-index: 9; max-width: min(44rem, 90vw); background: var(--front); color: var(--back); padding: .5rem .7rem; border-radius: 5px; font: 13px/1.4 ui-monospace, "DejaVu Sans Mono", Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; pointer-events: none; }
        """;

    public const string Script = """
        const tip = document.getElementById('tip');
        function show(bar, x, y) {
          tip.textContent = bar.dataset.tip; tip.hidden = false;
          const size = tip.getBoundingClientRect();
          tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - size.width - 8)) + 'px';
          tip.style.top = (y + 18 + size.height > innerHeight ? Math.max(4, y - size.height - 12) : y + 18) + 'px';
        }
        document.addEventListener('mousemove', e => { const bar = e.target.closest('.bar[data-tip]'); if (bar) show(bar, e.clientX, e.clientY); else tip.hidden = true; });
        document.addEventListener('focusin', e => { if (e.target.matches('.bar[data-tip]')) { const box = e.target.getBoundingClientRect(); show(e.target, box.left, box.bottom - 14); } });
        document.addEventListener('focusout', () => { tip.hidden = true; });
        const bad = [...document.querySelectorAll('.timeline .bar.core')];
        if (bad.length > 0) {
          const line = bad[0].closest('.timeline');
          const left = Math.min(...bad.map(bar => bar.offsetLeft)), blocked = line.querySelector('.bar.blocked');
          const fits = blocked.offsetLeft + blocked.offsetWidth - left + 160 < line.clientWidth;
          line.scrollLeft = Math.max(0, fits ? left - 40 : blocked.offsetLeft - line.clientWidth / 2);
        }
        """;
}
