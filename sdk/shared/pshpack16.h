// Packs structures to 16 until poppack.h. Meant to be included many times.
#pragma pack(push, 16)
