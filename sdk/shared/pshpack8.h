// Packs structures to 8 until poppack.h. Meant to be included many times.
#pragma pack(push, 8)
