/* The table that WdfVersionBind found for this driver; the name carries the version of these headers. */
#define WdfFunctions DRYDOCK_WDF_SYMBOL(WdfFunctions_01033)
