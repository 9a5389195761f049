#import <Foundation/Foundation.h>
#define LIMIT 10

/// A box.
@interface Box : NSObject <Sized>
@property (nonatomic) int count;
- (int)size;
+ (instancetype)boxWithItems:(NSArray *)items count:(int)count;
@end

@implementation Box
- (int)size {
  return 1;
}
+ (instancetype)boxWithItems:(NSArray *)items count:(int)count {
  return nil;
}
@end

@protocol Sized
- (int)size;
@end

static int twice(int x) { return 2 * x; }
