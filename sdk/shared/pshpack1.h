// Packs structures to 1 until poppack.h. Meant to be included many times.
#pragma pack(push, 1)
