// TaskList: an executor's tasks in order of id. For src/runtime only; the owner provides exclusion.
#pragma once

namespace drydock::rt {

// T has `T* list_previous, *list_next`.
template <class T>
class TaskList {
 public:
  T* first() const { return first_; }
  bool empty() const { return first_ == nullptr; }

  void Append(T* task) {  // ids grow, so the end is the right place
    task->list_previous = last_;
    task->list_next = nullptr;
    (last_ ? last_->list_next : first_) = task;
    last_ = task;
  }
  void Remove(T* task) {
    (task->list_previous ? task->list_previous->list_next : first_) = task->list_next;
    (task->list_next ? task->list_next->list_previous : last_) = task->list_previous;
  }

 private:
  T* first_ = nullptr;
  T* last_ = nullptr;
};

}  // namespace drydock::rt
