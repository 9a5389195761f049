(in-package :stock)

(defparameter *limit* 10)

;; Counts.
(defun size (box)
  "The number of things."
  (length (items box)))

(defmacro twice (x)
  `(* 2 ,x))

(defclass box ()
  ((items :initform nil)))

(defmethod open-box ((b box))
  (items b))

(defgeneric weigh (thing))

(defstruct lid open)
