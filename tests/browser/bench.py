"""What the browser tests do with the workbench."""

DRAWN = ".bl-plot [data-drawn]"


class Bench:
    """The workbench on a page."""

    def __init__(self, page):
        self.page = page
        self._live_chosen = False

    def wait_drawn(self, after=None):
        """Wait for a drawing, or for the next one after a number."""
        self.page.wait_for_function(
            """(after) => {
              const plot = document.querySelector(".bl-plot [data-drawn]");
              return plot && (after === null || plot.dataset.drawn !== after);
            }""",
            arg=after,
            timeout=60_000,
        )

    @property
    def drawing(self):
        return self.page.get_attribute(DRAWN, "data-drawn")

    @property
    def verdict(self):
        return self.page.inner_text(".bl-head h2")

    def status(self):
        return self.page.inner_text("[data-slot=status]")

    def line(self):
        """The path of the equity line."""
        return self.page.evaluate(
            """() => [...document.querySelectorAll(".bl-plot .scatterlayer .trace path.js-line")]
                      .map((path) => path.getAttribute("d")).join("|")"""
        )

    def show(self, view):
        before = self.drawing
        self.page.click(f"[data-focus=tab-{view}]")
        self.wait_drawn(before)
        if view == "runs":  # the tables come after the figure
            self.page.wait_for_selector(".bl-runs")

    def choose(self, key, value):
        before = self.drawing
        self.page.select_option(f"[data-key={key}]", value)
        self.wait_drawn(before)
        if key == "mode":  # what was drawn may have been the end of what was done before
            self.page.wait_for_function(
                "(mode) => document.querySelector('.bl-case').textContent.includes(mode)", arg=value
            )

    def pin(self):
        before = self.drawing
        self.page.click("[data-focus=Pin]")
        self.wait_drawn(before)

    def live(self, on):
        """Choose it, also where it stands so: what was never chosen goes off after a slow run."""
        pressed = self.page.get_attribute("[data-focus=live]", "aria-pressed") == "true"
        wanted = [on] if pressed != on else [] if self._live_chosen else [not on, on]
        self._live_chosen = True
        for state in wanted:
            self.page.click("[data-focus=live]")
            self.page.wait_for_selector(f'[data-focus=live][aria-pressed="{str(state).lower()}"]')

    def slider(self, key):
        return self.page.locator(f'.bl-side input[type=range][data-key="{key}"]')

    def in_kernel(self, code):
        """Run Python in the notebook's own kernel."""
        ended = self.page.evaluate(
            """async (code) => {
              const session = window.jupyterapp.shell.currentWidget.sessionContext.session;
              const reply = await session.kernel.requestExecute({ code }).done;
              return reply.content.status;
            }""",
            code,
        )
        assert ended == "ok"

    def dates(self, start, end):
        """Choose both dates without a run between them."""
        self.live(on=False)
        for key, day in (("start", start), ("end", end)):
            self.page.fill(f"[data-key={key}]", day)
            self.page.press(f"[data-key={key}]", "Enter")

    def other(self, written):
        """Write into the field for any other key."""
        fold = self.page.locator("details[data-fold=advanced]")
        fold.evaluate("(x) => { x.open = true; }")
        self.page.fill("[data-key=other]", written)
        self.page.press("[data-key=other]", "Enter")

    def run(self):
        before = self.drawing
        self.page.click("[data-focus=run]")
        self.wait_drawn(before)
        self.page.wait_for_function(  # what was drawn is the case, not the end of an earlier one
            "() => !document.querySelector('[data-focus=run]').textContent.includes('\u2022')",
            timeout=60_000,
        )

    def theme(self, name):
        self.page.evaluate(
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})",
            f"JupyterLab {name}",
        )
        self.page.wait_for_selector(f'.bl-head[data-theme="{name.lower()}"]')

    def size(self, width, height=980):
        """Give the page another size, and wait until the figure has followed."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.wait_for_function(
            """() => { const plot = document.querySelector(".bl-plot");
                       const drawn = plot.querySelector("[data-drawn]");
                       return Math.abs(plot.clientWidth - drawn._fullLayout.width) <= 2; }"""
        )

    def time_moves(self, key, moves):
        """Of each of many slider moves: milliseconds to the redrawn plot, those of drawing, and
        what the workbench said of it."""
        self.page.wait_for_selector(f'.bl-side input[type=range][data-key="{key}"]')
        return self.page.evaluate(
            """async ([key, moves]) => {
              const plot = document.querySelector(".bl-plot [data-drawn]");
              const input = document.querySelector(`.bl-side input[type=range][data-key="${key}"]`);
              const pause = (ms) => new Promise((done) => setTimeout(done, ms));
              const told = [];
              for (let i = 0; i < moves; i++) {
                await pause(200);
                const before = plot.dataset.drawn;
                const start = performance.now();
                if (i % 2) input.stepUp(1);
                else input.stepDown(2);
                input.dispatchEvent(new Event("input", { bubbles: true }));
                input.dispatchEvent(new Event("change", { bubbles: true }));
                while (plot.dataset.drawn === before) {
                  await pause(1);
                  if (performance.now() - start > 20000) throw new Error("no drawing in 20 s");
                }
                const parts = [plot.dataset.at - start, plot.dataset.at - plot.dataset.begun];
                await pause(150);
                told.push([...parts, document.querySelector("[data-slot=status]").innerText]);
              }
              return told;
            }""",
            [key, moves],
        )
