/* Drivers allocate with ExAllocatePoolWithTag and free with ExFreePool; this header only keeps its place in the layout. */
