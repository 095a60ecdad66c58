// 128-bit integers: the unscaled value of a decimal of up to 38 digits.
#pragma once

namespace frazil {
__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;
}  // namespace frazil
