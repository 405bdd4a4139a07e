// Splay trees, and generic tables over them: elements also hang on a list in the order of their insertion.
// Source: public documentation of RtlSplay, RtlInitializeGenericTable and their kin. IRQL and locking are the driver's.
#include <ntddk.h>

#include <cstring>

#include "nt/driver_callback.h"

using namespace drydock::nt;

namespace {

using Links = RTL_SPLAY_LINKS;
using Table = RTL_GENERIC_TABLE;

struct Element {
  Links links;
  LIST_ENTRY order;
  LONGLONG data[1];
};
constexpr size_t kHeader = offsetof(Element, data);

Element* ElementOf(Links* links) { return reinterpret_cast<Element*>(links); }
Element* ElementOf(LIST_ENTRY* order) { return CONTAINING_RECORD(order, Element, order); }
void* DataOf(Links* links) { return links ? ElementOf(links)->data : nullptr; }

bool IsRoot(const Links* node) { return node->Parent == node; }
bool IsLeft(const Links* node) { return !IsRoot(node) && node->Parent->LeftChild == node; }

// Lifts `node` into the place of its parent.
void Lift(Links* node) {
  Links* parent = node->Parent;
  Links* above = IsRoot(parent) ? nullptr : parent->Parent;
  const bool parent_left = IsLeft(parent);
  if (parent->LeftChild == node) {
    parent->LeftChild = node->RightChild;
    if (node->RightChild) node->RightChild->Parent = parent;
    node->RightChild = parent;
  } else {
    parent->RightChild = node->LeftChild;
    if (node->LeftChild) node->LeftChild->Parent = parent;
    node->LeftChild = parent;
  }
  parent->Parent = node;
  if (!above) node->Parent = node;
  else {
    node->Parent = above;
    (parent_left ? above->LeftChild : above->RightChild) = node;
  }
}

// Puts `child` (or nothing) where `node` hangs.
void Replace(Links* node, Links* child) {
  if (IsRoot(node)) {
    if (child) child->Parent = child;
    return;
  }
  Links* parent = node->Parent;
  (parent->LeftChild == node ? parent->LeftChild : parent->RightChild) = child;
  if (child) child->Parent = parent;
}

// Takes a node out of its tree; any node that is left, or null.
Links* TakeOut(Links* node) {
  if (node->LeftChild && node->RightChild) {
    Links* before = RtlSubtreePredecessor(node);  // has no right child: takes the node's place
    Replace(before, before->LeftChild);
    before->LeftChild = node->LeftChild;
    before->RightChild = node->RightChild;
    if (before->LeftChild) before->LeftChild->Parent = before;
    before->RightChild->Parent = before;
    Replace(node, before);
    return before;
  }
  Links* child = node->LeftChild ? node->LeftChild : node->RightChild;
  Links* left = child ? child : IsRoot(node) ? nullptr : node->Parent;
  Replace(node, child);
  return left;
}

TABLE_SEARCH_RESULT Find(Table* table, void* buffer, Links** found) {
  *found = table->TableRoot;
  if (!*found) return TableEmptyTree;
  for (Links* node = *found;;) {
    *found = node;
    const auto order = CallDriver("CompareRoutine", table->CompareRoutine, table, buffer, DataOf(node));
    Links* next = order == GenericLessThan ? node->LeftChild : order == GenericGreaterThan ? node->RightChild : node;
    if (next == node) return TableFoundNode;
    if (!next) return order == GenericLessThan ? TableInsertAsLeft : TableInsertAsRight;
    node = next;
  }
}

}  // namespace

extern "C" {

PRTL_SPLAY_LINKS RtlSplay(PRTL_SPLAY_LINKS Links) {
  while (!IsRoot(Links)) {
    if (!IsRoot(Links->Parent)) Lift(IsLeft(Links) == IsLeft(Links->Parent) ? Links->Parent : Links);
    Lift(Links);
  }
  return Links;
}

PRTL_SPLAY_LINKS RtlDelete(PRTL_SPLAY_LINKS Links) {
  auto* left = TakeOut(Links);
  return left ? RtlSplay(left) : nullptr;
}
VOID RtlDeleteNoSplay(PRTL_SPLAY_LINKS Links, PRTL_SPLAY_LINKS* Root) {
  auto* left = TakeOut(Links);
  while (left && !IsRoot(left)) left = left->Parent;
  *Root = left;
}

PRTL_SPLAY_LINKS RtlSubtreeSuccessor(PRTL_SPLAY_LINKS Links) {
  auto* node = Links->RightChild;
  while (node && node->LeftChild) node = node->LeftChild;
  return node;
}
PRTL_SPLAY_LINKS RtlSubtreePredecessor(PRTL_SPLAY_LINKS Links) {
  auto* node = Links->LeftChild;
  while (node && node->RightChild) node = node->RightChild;
  return node;
}
PRTL_SPLAY_LINKS RtlRealSuccessor(PRTL_SPLAY_LINKS Links) {
  if (Links->RightChild) return RtlSubtreeSuccessor(Links);
  while (!IsRoot(Links) && !IsLeft(Links)) Links = Links->Parent;
  return IsRoot(Links) ? nullptr : Links->Parent;
}
PRTL_SPLAY_LINKS RtlRealPredecessor(PRTL_SPLAY_LINKS Links) {
  if (Links->LeftChild) return RtlSubtreePredecessor(Links);
  while (!IsRoot(Links) && IsLeft(Links)) Links = Links->Parent;
  return IsRoot(Links) ? nullptr : Links->Parent;
}

VOID RtlInitializeGenericTable(PRTL_GENERIC_TABLE Table, PRTL_GENERIC_COMPARE_ROUTINE CompareRoutine,
                               PRTL_GENERIC_ALLOCATE_ROUTINE AllocateRoutine, PRTL_GENERIC_FREE_ROUTINE FreeRoutine, PVOID TableContext) {
  *Table = {};
  InitializeListHead(&Table->InsertOrderList);
  Table->OrderedPointer = &Table->InsertOrderList;
  Table->CompareRoutine = CompareRoutine;
  Table->AllocateRoutine = AllocateRoutine;
  Table->FreeRoutine = FreeRoutine;
  Table->TableContext = TableContext;
}

PVOID RtlInsertElementGenericTableFull(PRTL_GENERIC_TABLE Table, PVOID Buffer, ULONG BufferSize, PBOOLEAN NewElement, PVOID NodeOrParent,
                                       TABLE_SEARCH_RESULT SearchResult) {
  auto* place = static_cast<Links*>(NodeOrParent);
  if (NewElement) *NewElement = FALSE;
  if (SearchResult == TableFoundNode) {
    Table->TableRoot = RtlSplay(place);
    return DataOf(place);
  }
  auto* element = static_cast<Element*>(
      CallDriver("AllocateRoutine", Table->AllocateRoutine, Table, static_cast<ULONG>(kHeader + BufferSize)));
  if (!element) return nullptr;
  element->links = {&element->links, nullptr, nullptr};
  InsertTailList(&Table->InsertOrderList, &element->order);
  std::memcpy(element->data, Buffer, BufferSize);
  ++Table->NumberGenericTableElements;
  if (SearchResult == TableInsertAsLeft) RtlInsertAsLeftChild(place, &element->links);
  if (SearchResult == TableInsertAsRight) RtlInsertAsRightChild(place, &element->links);
  Table->TableRoot = RtlSplay(&element->links);
  if (NewElement) *NewElement = TRUE;
  return element->data;
}
PVOID RtlInsertElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer, ULONG BufferSize, PBOOLEAN NewElement) {
  Links* place;
  const TABLE_SEARCH_RESULT where = Find(Table, Buffer, &place);
  return RtlInsertElementGenericTableFull(Table, Buffer, BufferSize, NewElement, place, where);
}

BOOLEAN RtlDeleteElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer) {
  Links* node;
  if (Find(Table, Buffer, &node) != TableFoundNode) return FALSE;
  Table->TableRoot = RtlDelete(node);
  RemoveEntryList(&ElementOf(node)->order);
  --Table->NumberGenericTableElements;
  Table->OrderedPointer = &Table->InsertOrderList;
  Table->WhichOrderedElement = 0;
  CallDriver("FreeRoutine", Table->FreeRoutine, Table, static_cast<PVOID>(node));
  return TRUE;
}

PVOID RtlLookupElementGenericTableFull(PRTL_GENERIC_TABLE Table, PVOID Buffer, PVOID* NodeOrParent, TABLE_SEARCH_RESULT* SearchResult) {
  Links* node;
  *SearchResult = Find(Table, Buffer, &node);
  *NodeOrParent = node;
  if (*SearchResult != TableFoundNode) return nullptr;
  Table->TableRoot = RtlSplay(node);
  return DataOf(node);
}
PVOID RtlLookupElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer) {
  PVOID node;
  TABLE_SEARCH_RESULT where;
  return RtlLookupElementGenericTableFull(Table, Buffer, &node, &where);
}

// In the order of the keys. This one moves the tree so that the root is where it stands.
PVOID RtlEnumerateGenericTable(PRTL_GENERIC_TABLE Table, BOOLEAN Restart) {
  Links* node = Table->TableRoot;
  if (!node) return nullptr;
  if (Restart) {
    while (node->LeftChild) node = node->LeftChild;
  } else {
    node = RtlRealSuccessor(node);
  }
  if (!node) return nullptr;
  Table->TableRoot = RtlSplay(node);
  return DataOf(node);
}
PVOID RtlEnumerateGenericTableWithoutSplaying(PRTL_GENERIC_TABLE Table, PVOID* RestartKey) {
  Links* node = static_cast<Links*>(*RestartKey);
  if (node) {
    node = RtlRealSuccessor(node);
  } else if ((node = Table->TableRoot)) {
    while (node->LeftChild) node = node->LeftChild;
  }
  if (node) *RestartKey = node;
  return DataOf(node);
}

// In the order of insertion, counted from 0.
PVOID RtlGetElementGenericTable(PRTL_GENERIC_TABLE Table, ULONG I) {
  if (I >= Table->NumberGenericTableElements) return nullptr;
  ULONG at = Table->WhichOrderedElement;  // counted from 1; 0: the list's head
  LIST_ENTRY* entry = Table->OrderedPointer;
  if (at > I + 1 && at - (I + 1) > I + 1) at = 0, entry = &Table->InsertOrderList;
  for (; at < I + 1; ++at) entry = entry->Flink;
  for (; at > I + 1; --at) entry = entry->Blink;
  Table->OrderedPointer = entry;
  Table->WhichOrderedElement = at;
  return ElementOf(entry)->data;
}

ULONG RtlNumberGenericTableElements(PRTL_GENERIC_TABLE Table) { return Table->NumberGenericTableElements; }
BOOLEAN RtlIsGenericTableEmpty(PRTL_GENERIC_TABLE Table) { return Table->TableRoot == nullptr; }

}  // extern "C"
