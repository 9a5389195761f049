#include <string>

namespace shop::stock {

constexpr int kLimit = 10;
using Names = std::vector<std::string>;
enum class Color { kRed, kGreen };

/// A box of things.
template <typename T>
class Box : public Base {
 public:
  Box() = default;
  explicit Box(int size);
  ~Box() { clear(); }
  T& operator[](int i) { return items_[i]; }
  bool operator==(const Box&) const = default;
  operator bool() const { return true; }
  virtual int size() const = 0;
  struct Item { int weight = 0; };
  static int count;

 private:
  T* items_ = nullptr;
};

template <typename T>
Box<T>::Box(int size) : items_(new T[size]) {}

template <typename T>
T largest(const Box<T>& box) {
  return box[0];
}

struct Point { int x, y; };
union Word { int i; float f; };

namespace {
int hidden(int x) { return x; }
}  // namespace

std::string Shop::name() const { return name_; }
Shop::~Shop() {}
Shop& Shop::operator=(const Shop& other) { return *this; }
auto Shop::find(int key) const -> const Item* { return nullptr; }
std::ostream& operator<<(std::ostream& out, const Point& p) { return out; }

extern "C" int plain(void) { return 0; }

template <typename T>
concept Small = sizeof(T) < 8;

}  // namespace shop::stock

int main() {
  auto twice = [](int x) { return 2 * x; };
  return twice(1);
}
