"""Repeated measurements: what they were, their median and their spread."""

import statistics


class Series(list):
    """One value per round."""

    @property
    def median(self):
        return statistics.median(self)

    def spread(self, form="{:.3g}"):
        return f"{form.format(min(self))} … {form.format(max(self))}"

    @property
    def json(self):
        return {"median": self.median, "min": min(self), "max": max(self), "values": list(self)}


class Results(dict):
    """Series by name, such as `jax/f32/shared/1024/scan`."""

    def add(self, name, value):
        self.setdefault(name, Series()).append(value)

    def under(self, prefix):
        return {name: series for name, series in self.items() if name.startswith(prefix)}

    def best(self, *prefixes):
        """Name and series of the largest median among the names that start so."""
        found = {name: s for prefix in prefixes for name, s in self.under(prefix).items()}
        return max(found.items(), key=lambda item: item[1].median)
