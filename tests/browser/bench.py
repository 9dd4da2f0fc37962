"""What the browser tests do with the workbench."""

DRAWN = ".bl-plot [data-drawn]"


class Bench:
    """The workbench on a page."""

    def __init__(self, page):
        self.page = page

    def wait_drawn(self, after=None):
        """Wait for a drawing, or for the next one after a number."""
        self.page.wait_for_function(
            """(after) => {
              const plot = document.querySelector(".bl-plot [data-drawn]");
              return plot && (after === null || plot.dataset.drawn !== after);
            }""",
            arg=after,
            timeout=180_000,
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

    def choose(self, key, value):
        before = self.drawing
        self.page.select_option(f"#bl-{key}", value)
        self.wait_drawn(before)

    def live(self, on):
        pressed = self.page.get_attribute("[data-focus=live]", "aria-pressed") == "true"
        if pressed != on:
            self.page.click("[data-focus=live]")
            self.page.wait_for_selector(f'[data-focus=live][aria-pressed="{str(on).lower()}"]')

    def slider(self, key):
        return self.page.locator(f'.bl-side input[type=range][data-key="{key}"]')

    def time_moves(self, key, moves):
        """Milliseconds from each of many slider moves to the redrawn plot, drawn parts beside."""
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
                told.push([plot.dataset.at - start, plot.dataset.at - plot.dataset.begun]);
              }
              return told;
            }""",
            [key, moves],
        )
