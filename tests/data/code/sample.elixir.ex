defmodule Shop.Stock do
  @moduledoc "A box."
  use GenServer

  @limit 10

  defstruct [:items]

  @doc "Counts."
  @spec size(t) :: integer
  def size(%{items: items}) do
    length(items)
  end

  def fib(0), do: 0
  def fib(n) when n > 0, do: fib(n - 1)

  defp hidden(x), do: x

  defmacro twice(x) do
    quote do: 2 * unquote(x)
  end
end

defprotocol Sized do
  def size(x)
end

defimpl Sized, for: List do
  def size(x), do: length(x)
end
