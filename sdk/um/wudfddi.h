// The interfaces of UMDF 1, which is another framework.
#error "wudfddi.h belongs to UMDF 1 (COM, IWDFDriver). Drydock has UMDF 2, wdf.h: Microsoft documents how a driver is ported."
