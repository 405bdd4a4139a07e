// Generic tables as AVL trees. The driver allocates and frees the nodes; its data follows the links. The root hangs on the right of
// BalancedRoot, which is its own parent. IRQL and locking are the driver's.
#include <ntddk.h>

#include <cstring>

#include "nt/driver_callback.h"

namespace {

using Node = RTL_BALANCED_LINKS;
using Table = RTL_AVL_TABLE;

void* DataOf(Node* node) { return node ? node + 1 : nullptr; }
Node* Root(const Table* table) { return table->BalancedRoot.RightChild; }

Node*& SlotOf(Node* node) { return node->Parent->LeftChild == node ? node->Parent->LeftChild : node->Parent->RightChild; }

Node* First(const Table* table) {
  Node* node = Root(table);
  while (node && node->LeftChild) node = node->LeftChild;
  return node;
}

Node* Next(const Table* table, Node* node) {
  if (node->RightChild) {
    node = node->RightChild;
    while (node->LeftChild) node = node->LeftChild;
    return node;
  }
  while (node->Parent != &table->BalancedRoot && node == node->Parent->RightChild) node = node->Parent;
  return node->Parent == &table->BalancedRoot ? nullptr : node->Parent;
}

Node* Previous(const Table* table, Node* node) {
  if (node->LeftChild) {
    node = node->LeftChild;
    while (node->RightChild) node = node->RightChild;
    return node;
  }
  while (node->Parent != &table->BalancedRoot && node == node->Parent->LeftChild) node = node->Parent;
  return node->Parent == &table->BalancedRoot ? nullptr : node->Parent;
}

void SetLeft(Node* parent, Node* child) {
  parent->LeftChild = child;
  if (child) child->Parent = parent;
}
void SetRight(Node* parent, Node* child) {
  parent->RightChild = child;
  if (child) child->Parent = parent;
}

// Lifts `child` into the place of its parent.
void Lift(Node* child) {
  Node* old = child->Parent;
  SlotOf(old) = child;
  Node* above = old->Parent;
  if (old->LeftChild == child) {
    SetLeft(old, child->RightChild);
    SetRight(child, old);
  } else {
    SetRight(old, child->LeftChild);
    SetLeft(child, old);
  }
  child->Parent = above;
}

// A node whose balance became +2 or -2 (heavy side `side`). True: the subtree is lower than before.
bool Rebalance(Node* node, CHAR side) {
  Node* child = side > 0 ? node->RightChild : node->LeftChild;
  if (child->Balance != -side) {
    Lift(child);
    if (child->Balance == 0) {  // only after a removal
      node->Balance = side;
      child->Balance = static_cast<CHAR>(-side);
      return false;
    }
    node->Balance = child->Balance = 0;
    return true;
  }
  Node* grandchild = side > 0 ? child->LeftChild : child->RightChild;
  CHAR lean = grandchild->Balance;
  Lift(grandchild);
  Lift(grandchild);
  node->Balance = lean == side ? static_cast<CHAR>(-side) : CHAR{0};
  child->Balance = lean == -side ? side : CHAR{0};
  grandchild->Balance = 0;
  return true;
}

// The node that compares equal, or where a new one would hang.
TABLE_SEARCH_RESULT Find(Table* table, void* data, Node** found) {
  Node* node = Root(table);
  *found = nullptr;
  if (!node) return TableEmptyTree;
  for (;;) {
    *found = node;
    switch (drydock::nt::CallDriver("CompareRoutine", table->CompareRoutine, table, data, DataOf(node))) {
      case GenericLessThan:
        if (!node->LeftChild) return TableInsertAsLeft;
        node = node->LeftChild;
        break;
      case GenericGreaterThan:
        if (!node->RightChild) return TableInsertAsRight;
        node = node->RightChild;
        break;
      default: return TableFoundNode;
    }
  }
}

void ForgetOrder(Table* table) {
  table->WhichOrderedElement = 0;
  table->OrderedPointer = nullptr;
}

void Remove(Table* table, Node* node) {
  // A node with two children changes places with its neighbour of the deeper side, which has one at most.
  Node* out = node;
  if (node->LeftChild && node->RightChild) out = node->Balance > 0 ? Next(table, node) : Previous(table, node);
  Node* parent = out->Parent;
  CHAR side = parent->LeftChild == out ? CHAR{-1} : CHAR{1};
  Node* child = out->LeftChild ? out->LeftChild : out->RightChild;
  SlotOf(out) = child;
  if (child) child->Parent = parent;
  if (out != node) {
    if (parent == node) parent = out;
    SlotOf(node) = out;
    out->Parent = node->Parent;
    SetLeft(out, node->LeftChild);
    SetRight(out, node->RightChild);
    out->Balance = node->Balance;
  }
  while (parent != &table->BalancedRoot) {
    Node* above = parent->Parent;
    CHAR own_side = above->LeftChild == parent ? CHAR{-1} : CHAR{1};
    if (parent->Balance == 0) {
      parent->Balance = static_cast<CHAR>(-side);
      return;
    }
    if (parent->Balance == side) {
      parent->Balance = 0;
    } else if (!Rebalance(parent, static_cast<CHAR>(-side))) {
      return;
    }
    side = own_side;
    parent = above;
  }
  --table->DepthOfTree;
}

}  // namespace

extern "C" {

VOID RtlInitializeGenericTableAvl(PRTL_AVL_TABLE Table, PRTL_AVL_COMPARE_ROUTINE CompareRoutine, PRTL_AVL_ALLOCATE_ROUTINE AllocateRoutine,
                                  PRTL_AVL_FREE_ROUTINE FreeRoutine, PVOID TableContext) {
  std::memset(Table, 0, sizeof *Table);
  Table->BalancedRoot.Parent = &Table->BalancedRoot;
  Table->CompareRoutine = CompareRoutine;
  Table->AllocateRoutine = AllocateRoutine;
  Table->FreeRoutine = FreeRoutine;
  Table->TableContext = TableContext;
}

PVOID RtlInsertElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, ULONG BufferSize, PBOOLEAN NewElement) {
  Node* place;
  const TABLE_SEARCH_RESULT where = Find(Table, Buffer, &place);
  return RtlInsertElementGenericTableFullAvl(Table, Buffer, BufferSize, NewElement, place, where);
}

PVOID RtlInsertElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, ULONG BufferSize, PBOOLEAN NewElement, PVOID NodeOrParent,
                                          TABLE_SEARCH_RESULT SearchResult) {
  auto* place = static_cast<Node*>(NodeOrParent);
  const TABLE_SEARCH_RESULT where = SearchResult;
  if (NewElement) *NewElement = FALSE;
  if (where == TableFoundNode) return DataOf(place);
  auto* node = static_cast<Node*>(drydock::nt::CallDriver("AllocateRoutine", Table->AllocateRoutine, Table, static_cast<ULONG>(sizeof(Node) + BufferSize)));
  if (!node) return nullptr;
  std::memset(node, 0, sizeof *node);
  std::memcpy(DataOf(node), Buffer, BufferSize);
  if (where == TableEmptyTree) SetRight(&Table->BalancedRoot, node);
  else if (where == TableInsertAsLeft) SetLeft(place, node);
  else SetRight(place, node);
  ++Table->NumberGenericTableElements;
  ForgetOrder(Table);
  bool grown = true;
  for (Node* at = node; at->Parent != &Table->BalancedRoot; at = at->Parent) {
    Node* parent = at->Parent;
    CHAR side = parent->LeftChild == at ? CHAR{-1} : CHAR{1};
    if (parent->Balance == 0) {
      parent->Balance = side;
      continue;
    }
    if (parent->Balance == side) Rebalance(parent, side);
    else parent->Balance = 0;
    grown = false;
    break;
  }
  if (grown) ++Table->DepthOfTree;
  if (NewElement) *NewElement = TRUE;
  return DataOf(node);
}

BOOLEAN RtlDeleteElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer) {
  Node* node;
  if (Find(Table, Buffer, &node) != TableFoundNode) return FALSE;
  if (Table->RestartKey == node) Table->RestartKey = Previous(Table, node);  // an enumeration goes on behind it
  Remove(Table, node);
  --Table->NumberGenericTableElements;
  ++Table->DeleteCount;
  ForgetOrder(Table);
  drydock::nt::CallDriver("FreeRoutine", Table->FreeRoutine, Table, static_cast<PVOID>(node));
  return TRUE;
}

PVOID RtlLookupElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer) {
  Node* node;
  return Find(Table, Buffer, &node) == TableFoundNode ? DataOf(node) : nullptr;
}

PVOID RtlLookupElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, PVOID* NodeOrParent, TABLE_SEARCH_RESULT* SearchResult) {
  Node* node;
  *SearchResult = Find(Table, Buffer, &node);
  *NodeOrParent = node;
  return *SearchResult == TableFoundNode ? DataOf(node) : nullptr;
}

// The first of several that compare equal, in the order of the table; *RestartKey is where an enumeration goes on.
PVOID RtlLookupFirstMatchingElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, PVOID* RestartKey) {
  Node* node;
  *RestartKey = nullptr;
  if (Find(Table, Buffer, &node) != TableFoundNode) return nullptr;
  for (Node* before = Previous(Table, node); before; before = Previous(Table, before)) {
    if (drydock::nt::CallDriver("CompareRoutine", Table->CompareRoutine, Table, Buffer, DataOf(before)) != GenericEqual) break;
    node = before;
  }
  *RestartKey = node;
  return DataOf(node);
}

// Goes on behind an element that may have been deleted since: where it would stand is found by what the caller kept of it.
PVOID RtlEnumerateGenericTableLikeADirectory(PRTL_AVL_TABLE Table, PRTL_AVL_MATCH_FUNCTION MatchFunction, PVOID MatchData, ULONG NextFlag,
                                             PVOID* RestartKey, PULONG DeleteCount, PVOID Buffer) {
  Node* node = static_cast<Node*>(*RestartKey);
  if (!node || *DeleteCount != Table->DeleteCount) {
    const TABLE_SEARCH_RESULT where = Find(Table, Buffer, &node);
    if (where == TableEmptyTree) return nullptr;
    if (where == TableInsertAsRight || (where == TableFoundNode && NextFlag)) node = Next(Table, node);
  } else if (NextFlag) {
    node = Next(Table, node);
  }
  for (; node; node = Next(Table, node)) {
    const NTSTATUS status = MatchFunction ? drydock::nt::CallDriver("MatchFunction", MatchFunction, Table, DataOf(node), MatchData) : STATUS_SUCCESS;
    if (status == STATUS_NO_MORE_MATCHES) return nullptr;
    if (status == STATUS_SUCCESS) break;
  }
  *RestartKey = node;
  *DeleteCount = Table->DeleteCount;
  return DataOf(node);
}

PVOID RtlEnumerateGenericTableWithoutSplayingAvl(PRTL_AVL_TABLE Table, PVOID* RestartKey) {
  auto* last = static_cast<Node*>(*RestartKey);
  Node* node = last ? Next(Table, last) : First(Table);
  if (node) *RestartKey = node;
  return DataOf(node);
}

PVOID RtlEnumerateGenericTableAvl(PRTL_AVL_TABLE Table, BOOLEAN Restart) {
  if (Restart) Table->RestartKey = nullptr;
  PVOID key = Table->RestartKey;
  PVOID data = RtlEnumerateGenericTableWithoutSplayingAvl(Table, &key);
  Table->RestartKey = static_cast<Node*>(key);
  return data;
}

PVOID RtlGetElementGenericTableAvl(PRTL_AVL_TABLE Table, ULONG I) {
  if (I >= Table->NumberGenericTableElements) return nullptr;
  auto* node = static_cast<Node*>(Table->OrderedPointer);
  ULONG at = Table->WhichOrderedElement - 1;  // counted from 1; 0: no pointer yet
  if (!node || (I < at && I < at - I)) node = First(Table), at = 0;
  for (; at < I; ++at) node = Next(Table, node);
  for (; at > I; --at) node = Previous(Table, node);
  Table->OrderedPointer = node;
  Table->WhichOrderedElement = I + 1;
  return DataOf(node);
}

ULONG RtlNumberGenericTableElementsAvl(PRTL_AVL_TABLE Table) { return Table->NumberGenericTableElements; }
BOOLEAN RtlIsGenericTableEmptyAvl(PRTL_AVL_TABLE Table) { return Table->NumberGenericTableElements == 0; }

}  // extern "C"
