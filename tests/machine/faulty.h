/* The mistakes that the faulty driver makes on request. */
#ifndef FAULTY_H
#define FAULTY_H

#define FAULTY(number) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + (number), METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_NOTHING FAULTY(0)              /* completes with success */
#define IOCTL_READ_NULL FAULTY(1)
#define IOCTL_WRITE_WILD FAULTY(2)
#define IOCTL_OVERRUN_POOL FAULTY(3)         /* writes behind an allocation and frees it */
#define IOCTL_FREE_TWICE FAULTY(4)
#define IOCTL_COMPLETE_TWICE FAULTY(5)
#define IOCTL_STAY_AT_DISPATCH FAULTY(6)     /* returns from the callback at DISPATCH_LEVEL */
#define IOCTL_LEAK_POOL FAULTY(7)            /* 100 bytes with the tag 'kaeL' */
#define IOCTL_WAIT_AT_DISPATCH FAULTY(8)
#define IOCTL_BAD_HANDLE FAULTY(9)
#define IOCTL_RECURSE FAULTY(10)             /* until the stack is used up */
#define IOCTL_BUGCHECK FAULTY(11)            /* KeBugCheckEx(0xDEAD, 1, 2, 3, 4) */
#define IOCTL_LOOP_OF_LOCKS FAULTY(12)       /* takes a spin lock twice */
#define IOCTL_ALLOCATE FAULTY(13)            /* answers STATUS_INSUFFICIENT_RESOURCES when the pool is empty */
#define IOCTL_WAIT_FOR_EVER FAULTY(14)
#define IOCTL_UNMARK_TWICE FAULTY(15)        /* a break: the request is not marked cancelable */
#define IOCTL_REFUSED FAULTY(16)             /* functions of NT that are refused; answers the first one's status */
#define IOCTL_READ_MSR FAULTY(17)            /* a privileged instruction */

#endif
