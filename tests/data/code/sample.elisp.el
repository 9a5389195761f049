(require 'cl-lib)

(defvar stock-limit 10
  "The most things.")

(defconst stock-name "shop")

(defcustom stock-color 'red
  "The color."
  :type 'symbol)

;; Counts.
(defun stock-size (box)
  "The number of things in BOX."
  (interactive)
  (length box))

(defmacro stock-twice (x)
  `(* 2 ,x))

(define-minor-mode stock-mode
  "A mode.")

(cl-defun stock-open (box &key lid)
  lid)
