const std = @import("std");

pub const limit: u32 = 10;

/// A box.
pub const Box = struct {
    items: []u8,

    pub fn size(self: *const Box) usize {
        return self.items.len;
    }
};

const Color = enum { red, green };
const Word = union { i: i32, f: f32 };

pub fn helper(x: u32) u32 {
    return x;
}

test "helper" {
    try std.testing.expect(helper(1) == 1);
}
