// CRC-32C (Castagnoli), the checksum of Kafka's record batches.
#pragma once

#include <cstdint>
#include <string_view>

namespace frazil::source::kafka {

// In hardware where the processor has it, three streams at a time.
uint32_t Crc32c(std::string_view bytes);

}  // namespace frazil::source::kafka
