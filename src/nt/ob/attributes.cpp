#include "nt/ob/attributes.h"

#include "nt/kernel.h"

namespace drydock::nt::ob {

NTSTATUS Attributes::Take(const OBJECT_ATTRIBUTES* object_attributes) {
  if (!object_attributes) return STATUS_SUCCESS;
  if (object_attributes->Length != sizeof(OBJECT_ATTRIBUTES)) return STATUS_INVALID_PARAMETER;
  flags_ = object_attributes->Attributes;
  if (object_attributes->ObjectName) {
    if (object_attributes->ObjectName->Length % 2) return STATUS_OBJECT_NAME_INVALID;
    name_ = View(object_attributes->ObjectName);
  }
  if (object_attributes->RootDirectory) {
    return ReferenceByHandle(object_attributes->RootDirectory, 0, nullptr, KernelMode, &root_);
  }
  return STATUS_SUCCESS;
}

NTSTATUS InsertWithHandle(Kernel& kernel, void* body, const Attributes& attributes, ACCESS_MASK access, HANDLE* handle) {
  const ObjectType& type = *HeaderOf(body)->type;
  bool permanent = (attributes.flags() & OBJ_PERMANENT) != 0;
  if (attributes.has_name()) {
    NTSTATUS status = Insert(kernel, attributes.root(), attributes.name(), body, permanent, attributes.flags());
    if (!NT_SUCCESS(status)) {
      Dereference(body);
      if (status != STATUS_OBJECT_NAME_COLLISION || !(attributes.flags() & OBJ_OPENIF)) return status;
      status = OpenByName(kernel, attributes, type, access, handle);
      if (status == STATUS_OBJECT_TYPE_MISMATCH) return STATUS_OBJECT_NAME_COLLISION;
      return NT_SUCCESS(status) ? STATUS_OBJECT_NAME_EXISTS : status;
    }
  }
  return InsertHandle(kernel, body, access, attributes.flags(), handle);
}

NTSTATUS OpenByName(Kernel& kernel, const Attributes& attributes, const ObjectType& type, ACCESS_MASK access, HANDLE* handle) {
  ParseContext context;
  context.kernel = &kernel;
  context.wanted = &type;
  context.access = access;
  context.attributes = attributes.flags();
  void* body;
  NTSTATUS status = Lookup(context, attributes.root(), attributes.name(), &body);
  if (!NT_SUCCESS(status)) return status;
  return InsertHandle(kernel, body, access, attributes.flags(), handle);
}

}  // namespace drydock::nt::ob
