module stock
  implicit none
  integer, parameter :: limit = 10

  type :: box
    integer :: n
  end type box

contains

  ! Counts.
  function count_items(b) result(n)
    type(box), intent(in) :: b
    integer :: n
    n = b%n
  end function count_items

  subroutine clear(b)
    type(box), intent(inout) :: b
    b%n = 0
  end subroutine clear

end module stock

program main
  use stock
  print *, limit
end program main
