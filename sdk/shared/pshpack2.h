// Packs structures to 2 until poppack.h. Meant to be included many times.
#pragma pack(push, 2)
