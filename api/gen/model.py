"""The API description as Python objects: facts (api/*.json) joined with what was added by hand (api/annotations.json).

Every other generator module reads an `Api`; none of them opens the JSON files itself.
"""
import json
import os
import re
from dataclasses import dataclass, field

API_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# The framework's own types live in these folders of the generated SDK.
MODES = {
    "kmdf": {"facts": "kmdf-1.33.json", "folder": "sdk/wdf/kmdf/inc/1.33", "table": "01033"},
    "umdf": {"facts": "umdf-2.33.json", "folder": "sdk/wdf/umdf/inc/2.33", "table": "02033"},
}


class ApiError(Exception):
    """The description contradicts itself; the message says where."""


@dataclass
class Param:
    name: str
    type: str
    handle: bool = False      # a WDFXXX object handle passed by value
    pointer: bool = False     # anything else that NULL could be passed for
    optional: bool = False    # NULL is allowed


@dataclass
class Function:
    index: int
    name: str
    header: str               # lower case; None without a public prototype
    returns: str              # None without a public prototype
    params: list
    irql_max: str             # "DISPATCH_LEVEL", "PASSIVE_LEVEL!" (exactly that), or None
    must_inspect: bool
    since: str
    irql_if: dict = None      # {"when": C expression over the parameters, "then": level, "else": level}

    @property
    def minor(self):
        return int(self.since.split(".")[1])

    @property
    def has_prototype(self):
        return self.returns is not None

    def signature(self):
        return (self.returns, tuple(p.type for p in self.params))


@dataclass
class Field:
    name: str                 # dotted path
    type: str
    offset: int


@dataclass
class Struct:
    tag: str
    kind: str
    header: str
    size: int
    fields: list


@dataclass
class Enum:
    tag: str
    header: str
    values: list


@dataclass
class Api:
    mode: str
    functions: list = field(default_factory=list)
    callbacks: dict = field(default_factory=dict)    # name -> type text, in order of declaration
    callback_header: dict = field(default_factory=dict)
    enums: list = field(default_factory=list)
    structs: list = field(default_factory=list)
    handles: list = field(default_factory=list)
    types: dict = field(default_factory=dict)
    helpers: dict = field(default_factory=dict)
    headers: list = field(default_factory=list)      # in the order of inclusion
    annotations: dict = field(default_factory=dict)
    annotated: set = field(default_factory=set)      # "Function.Parameter" keys of the annotations that were found

    def function(self, name):
        return next((f for f in self.functions if f.name == name), None)

    def struct(self, tag):
        return next((s for s in self.structs if s.tag == tag), None)


def words(text):
    return re.findall(r"[A-Za-z_]\w*", text or "")


def load_json(name):
    with open(os.path.join(API_DIR, name), encoding="utf-8") as file:
        return json.load(file)


def annotations():
    return load_json("annotations.json")


def load_all():
    """Both modes; a hand-written annotation that fits nothing in either is an error."""
    apis = {mode: load(mode) for mode in MODES}
    notes = annotations()
    found = set().union(*(a.annotated for a in apis.values()))
    unknown = (set(notes["optional"]) | set(notes["required"])) - found
    names = {f.name for a in apis.values() for f in a.functions}
    unknown |= (set(notes["prototypes"]) | set(notes["irql"]) | set(notes["irql_if"])) - names
    if unknown:
        raise ApiError("annotations.json names what does not exist: " + ", ".join(sorted(unknown)))
    return apis


def load(mode):
    facts = load_json(MODES[mode]["facts"])
    notes = annotations()
    api = Api(mode=mode, annotations=notes, types=facts["types"])
    api.headers = [h for h in notes["headers"] if h not in notes["headers_only"].get(
        "umdf" if mode == "kmdf" else "kmdf", [])]
    api.helpers = facts["inline_helpers"]
    _load_types(api, facts)
    _load_functions(api, facts, notes)
    _place_callbacks(api, facts, notes)
    return api


def _load_types(api, facts):
    foreign = set(api.annotations["foreign_headers"])
    for tag, e in facts["enums"].items():
        header = e["file"].lower()
        if header not in foreign:
            api.enums.append(Enum(tag, header, [tuple(v) for v in e["values"]]))
    for tag, s in facts["structs"].items():
        header = s["header"].lower()
        if header in foreign or tag.endswith("__"):
            continue
        fields = [Field(f["name"], f["type"], f["offset"]) for f in s["fields"]]
        api.structs.append(Struct(tag, s["kind"], header, s["size"], fields))
    for name, target in facts["types"].items():
        if name.startswith("WDF") and (target == "HANDLE" or re.fullmatch(r"struct WDF\w+__ \*", target)):
            if name != "WDFOBJECT":
                api.handles.append(name)


def _load_functions(api, facts, notes):
    prototypes = notes["prototypes"]
    optional, required = set(notes["optional"]), set(notes["required"])
    handles = set(api.handles) | {"WDFOBJECT"}
    for index, f in enumerate(facts["functions"]):
        if f["index"] != index:
            raise ApiError(f"{api.mode}: table index {f['index']} of {f['name']} stands at place {index}")
        name = f["name"]
        if f["returns"] is None and name in prototypes:
            f = {**f, **prototypes[name]}
        header = (f["header"] or "").lower() or None
        params = []
        for p in f["params"] or []:
            is_handle = p["type"] in handles
            is_pointer = not is_handle and _is_pointer(p["type"], api)
            key = f"{name}.{p['name']}"
            is_optional = key in optional or (p["type"] in notes["optional_types"] and key not in required)
            api.annotated.update({key} & (optional | required))
            params.append(Param(p["name"], p["type"], is_handle, is_pointer, is_optional))
        irql = notes["irql"].get(name, f["irql_max"])
        api.functions.append(Function(index, name, header, f["returns"], params, irql, f["must_inspect"],
                                      f["since"], notes["irql_if"].get(name)))


def _is_pointer(type_text, api):
    if type_text.endswith("*") or type_text.endswith("*const"):
        return True
    if type_text in api.types:
        return api.types[type_text].endswith("*") or type_text == "WDFCONTEXT"
    if type_text.startswith(("PFN_", "PCWDF")):
        return True
    return type_text in api.annotations["nt_pointer_types"]


def _place_callbacks(api, facts, notes):
    """A callback type belongs to the header of its first user; the few without user are listed by hand."""
    api.callbacks = facts["callbacks"]
    by_hand = notes["callback_headers"]
    users = [(s.header, [f.type for f in s.fields]) for s in api.structs]
    users += [(f.header, [p.type for p in f.params]) for f in api.functions if f.header]
    first = {}
    for header, types in users:
        for text in types:
            for word in words(text):
                if word in api.callbacks and word not in first:
                    first[word] = header
    for name in api.callbacks:
        base = re.sub(r"^(PFN|EVT)_", "", name)
        header = by_hand.get(name) or by_hand.get("EVT_" + base) or first.get(name) or first.get(
            "PFN_" + base)
        if header is None:
            raise ApiError(f"{api.mode}: no header known for callback type {name}; add it to callback_headers")
        api.callback_header[name] = header
