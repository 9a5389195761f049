#define API __attribute__((visibility("default")))

/// A class with a macro before its name.
class API Box : public Base {
 public:
  int size() const { return 1; }
};

class API Lid {
 public:
  int size() const { return 1; }
  void open();
};

TEST(box, has_a_size) {
  EXPECT_EQ(Box().size(), 1);
}

TEST_F(LidTest, opens) { lid_.open(); }

BENCHMARK(grow) { grow(); }

Box::Box(int size) : size_(size) {}

template <>
struct hash<Box> {
  size_t operator()(const Box& box) const { return 0; }
};

static_assert(sizeof(int) == 4);
int (*callback)(int) = nullptr;
int numbers[] = {1, 2};
