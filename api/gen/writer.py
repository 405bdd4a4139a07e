"""Writes generated files, touching only those whose text changed, so that a second run rebuilds nothing."""
import os

BANNER = "Generated from api/ by api/generate.py; edit the description, not this file."


class Writer:
    def __init__(self, root):
        self.root = root
        self.written = []   # every file of this run, relative
        self.changed = []

    def write(self, path, text):
        if not text.endswith("\n"):
            text += "\n"
        self.written.append(path)
        full = os.path.join(self.root, path)
        try:
            with open(full, encoding="utf-8") as file:
                if file.read() == text:
                    return
        except FileNotFoundError:
            pass
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
        self.changed.append(path)

    def remove_stale(self, manifest):
        """Deletes files that an earlier run made and this one no longer does; keeps the list in `manifest`."""
        full = os.path.join(self.root, manifest)
        old = []
        if os.path.exists(full):
            with open(full, encoding="utf-8") as file:
                old = file.read().split("\n")
        for path in set(filter(None, old)) - set(self.written):
            stale = os.path.join(self.root, path)
            if os.path.exists(stale):
                os.remove(stale)
        text = "\n".join(sorted(self.written)) + "\n"
        if "\n".join(old) != text:
            os.makedirs(os.path.dirname(full) or ".", exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
