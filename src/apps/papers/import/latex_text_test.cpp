#include "apps/papers/import/latex_text.h"

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

TEST(latex_text, accents_are_composed_however_their_braces_stand) {
  EXPECT_EQ(text_of_latex(R"(G{\"o}del, Erd{\H{o}}s, G\"odel, M{\"{u}}ller, \'Eva)"),
            "Gödel, Erdős, Gödel, Müller, Éva");
  EXPECT_EQ(text_of_latex(R"(na{\"\i}ve, Ho{\v s}ek, Fran\c{c}ois, {\L}ukasz, W{\k{a}}s)"),
            "naïve, Hošek, François, Łukasz, Wąs");
  EXPECT_EQ(text_of_latex(R"(\'{\i} \aa{} {\ae}on Stra{\ss}e)"), "í å æon Straße");
  EXPECT_EQ(text_of_latex(R"(Nguy{\~{\^e}}n)"), "Nguyễn");
}

TEST(latex_text, looks_go_and_what_is_said_stays) {
  EXPECT_EQ(text_of_latex(R"({BERT}: \emph{Pre-training} of \textbf{Deep} Models)"),
            "BERT: Pre-training of Deep Models");
  EXPECT_EQ(text_of_latex(R"({\em very} good \& 5\% of C\#)"), "very good & 5% of C#");
  EXPECT_EQ(text_of_latex(R"(The $\alpha$-$\beta$ of $n^2$)"), "The α-β of n^2");
  EXPECT_EQ(text_of_latex(R"(``quoted'' 1--2, a---b, a~b, one\\two)"),
            "“quoted” 1–2, a—b, a b, one two");
  EXPECT_EQ(text_of_latex(R"(as \cite{bert} says \href{http://e.org}{here})"), "as  says here");
  EXPECT_EQ(text_of_latex(R"(\unknowncommand{kept})"), "kept");
}

TEST(latex_text, broken_latex_is_some_text) {
  EXPECT_EQ(text_of_latex("a\\"), "a");
  EXPECT_EQ(text_of_latex("}{ \\cite{open"), " ");
  EXPECT_EQ(text_of_latex("\\\""), "\u0308");
}

TEST(latex_text, urls_stay_as_they_are) {
  EXPECT_EQ(literal_of_latex(R"({http://e.org/a\_b?c=1\&d=~x%20y})"),
            "http://e.org/a_b?c=1&d=~x%20y");
}

}  // namespace
}  // namespace quern::apps
