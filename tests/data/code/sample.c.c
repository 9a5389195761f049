#include <stdio.h>
#define LIMIT 10
#define MAX(a, b) ((a) > (b) ? (a) : (b))

typedef unsigned int count_t;
typedef struct node node_t;
typedef int (*visit_fn)(struct node *node, void *data);

/* One place in the list. */
struct node {
  struct node *next;
  int value;
};

typedef struct {
  int x, y;
} point;

enum color { RED, GREEN = 2 };
union word { int i; float f; };

static const int table[] = {1, 2, 3};
int counter;
int declared(int a);

// Adds them up.
static int sum(const struct node *list) {
  int total = 0;
  for (; list; list = list->next) total += list->value;
  return total;
}

char *name_of(int i) { return i ? "a" : "b"; }
void (*handler(int signal))(int) { return 0; }

int main(int argc, char **argv)
{
  return sum(NULL);
}
