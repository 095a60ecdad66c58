// What a JSON record has that no column takes, as JSON of the same form: fields at the places where they were.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace frazil::decode {

// Objects and arrays are entered as they are read, and written only once something of them is kept: names by the
// columns, elements before the first kept one as null. Not thread-safe.
class JsonRest {
 public:
  // Begins a record: an object is entered.
  void Clear();
  // The object or array at `name` of the object that is entered, or at `index` of the array. `name` must live until
  // Leave.
  void Enter(std::string_view name, int64_t index, bool is_array);
  void Leave();
  // A field of the object that is entered: its value as JSON text.
  void Keep(std::string_view name, std::string_view value);

  // As it was when this was taken; nothing that was entered by then has been left meanwhile.
  struct Mark {
    size_t size = 0;
    std::vector<std::pair<bool, int64_t>> levels;  // written, items
  };
  Mark mark() const;
  void GoBack(const Mark& mark);

  bool empty() const { return text_.empty(); }
  // Ends the record.
  const std::string& Finish();

 private:
  struct Level {
    std::string_view name;  // in the object above
    int64_t index = 0;      // in the array above
    bool is_array = false;
    bool written = false;
    int64_t items = 0;  // that are written
  };
  void Open(size_t level);
  void BeginItem(Level& in, std::string_view name, int64_t index);
  void Quote(std::string_view name);

  std::string text_;
  std::vector<Level> levels_;
};

}  // namespace frazil::decode
