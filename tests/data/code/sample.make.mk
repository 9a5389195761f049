CC := gcc
override FLAGS = -O2

# Everything.
all: build test

build: main.o
	$(CC) -o app main.o

%.o: %.c
	$(CC) $(FLAGS) -c $<

define say
echo $(1)
endef

.PHONY: all build
