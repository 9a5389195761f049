module Shop.Stock (size, Box(..)) where

import Data.List (sort)

-- | The most things.
limit :: Int
limit = 10

type Names = [String]

data Box a = Box { items :: [a], label :: String }
  deriving (Show)

newtype Lid = Lid Int

class Sized a where
  size :: a -> Int
  size _ = 0

instance Sized (Box a) where
  size box = length (items box)

fib :: Int -> Int
fib 0 = 0
fib 1 = 1
fib n = fib (n - 1) + fib (n - 2)
