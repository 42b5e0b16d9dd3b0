"""plot.py - curves on logarithmic axes, as an SVG file that needs nothing else.

A plot has lines and single marks; the legend stands at the right, in the order in which the lines
end. Every point must be above zero.
"""
import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 860, 460
LEFT, RIGHT, TOP, BOTTOM = 92, 230, 46, 58  # margins around the axes
COLOURS = {"red": "#c0392b", "blue": "#2468b0", "green": "#2c8a4b", "black": "#222222",
           "orange": "#d07a1c"}
DASHES = {"solid": "", "dashed": "7 4", "dotted": "2 4"}


def number(value):
    """A value as the y axis shows it: 10, 1 k, 100 M."""
    for factor, suffix in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= factor:
            return f"{value / factor:g}{suffix}"
    return f"{value:g}"


def round_values(low, high):
    """Round numbers from one below to one above: decades, or 1, 2 and 5 of each if it is few."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    digits = (1,) if len(decades) > 4 else (1, 2, 5)
    values = [digit * 10 ** n for n in decades for digit in digits]
    first = max(i for i, value in enumerate(values) if value <= low)
    last = min(i for i, value in enumerate(values) if value >= high and i > first)
    return values[first:last + 1]


class Axis:
    """Maps values to places: logarithms of [low, high] to [start, end]."""

    def __init__(self, low, high, start, end):
        self.low, self.start = math.log(low), start
        self.scale = (end - start) / ((math.log(high) - self.low) or 1)

    def place(self, value):
        return round(self.start + (math.log(value) - self.low) * self.scale, 1)


def _text(x, y, text, anchor="middle", extra=""):
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{extra}>{escape(text)}</text>'


def _segment(x1, y1, x2, y2, style):
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" {style}/>'


class Plot:
    """One picture. ticks: the values that the x axis names."""

    def __init__(self, title, x_label, y_label, ticks):
        self.title, self.x_label, self.y_label, self.ticks = title, x_label, y_label, ticks
        self.lines = []  # (name, points, colour, dash)

    def line(self, name, points, colour, dash="solid"):
        """points: (x, y) in ascending order of x; a single one shows as a mark."""
        if points:
            self.lines.append((name, points, COLOURS[colour], DASHES[dash]))

    def _axes(self):
        """Sets the axes. -> the values that the y axis names"""
        ys = [y for _, points, _, _ in self.lines for _, y in points]
        values = round_values(min(ys), max(ys))
        self.x = Axis(self.ticks[0], self.ticks[-1], LEFT, WIDTH - RIGHT)
        self.y = Axis(values[0], values[-1], HEIGHT - BOTTOM, TOP)
        return values

    def _frame(self, values):
        grid = 'stroke="#dddddd"'
        yield _text(LEFT, 26, self.title, "start", ' font-size="16" font-weight="bold"')
        for value in values:
            place = self.y.place(value)
            yield _segment(LEFT, place, WIDTH - RIGHT, place, grid)
            yield _text(LEFT - 8, place + 4, number(value), "end")
        for value in self.ticks:
            place = self.x.place(value)
            yield _segment(place, TOP, place, HEIGHT - BOTTOM, grid)
            yield _text(place, HEIGHT - BOTTOM + 18, f"{value:,}")
        yield _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, self.x_label)
        middle = (TOP + HEIGHT - BOTTOM) / 2
        yield _text(20, middle, self.y_label, "middle", f' transform="rotate(-90 20 {middle})"')

    def _curve(self, points, colour, dash):
        places = [(self.x.place(x), self.y.place(y)) for x, y in points]
        if len(places) > 1:
            path = " ".join(f"{x},{y}" for x, y in places)
            yield (f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" '
                   f'stroke-dasharray="{dash}"/>')
        radius = 3 if len(places) > 1 else 6
        for x, y in places:
            yield f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{colour}"/>'

    def _legend(self):
        x, y = WIDTH - RIGHT + 16, TOP + 10
        for name, points, colour, dash in sorted(self.lines, key=lambda line: -line[1][-1][1]):
            style = f'stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
            if len(points) > 1:
                yield _segment(x, y - 4, x + 28, y - 4, style)
            else:
                yield f'<circle cx="{x + 14}" cy="{y - 4}" r="6" fill="{colour}"/>'
            yield _text(x + 36, y, name, "start")
            y += 20

    def write(self, path):
        """Writes the picture. The file depends on the points alone."""
        values = self._axes()
        parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
                 'font-family="sans-serif" font-size="12" fill="#222222">',
                 f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>', *self._frame(values)]
        for _, points, colour, dash in self.lines:
            parts += self._curve(points, colour, dash)
        parts += [*self._legend(), "</svg>", ""]
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(parts))
