# Helpers that keep each room's CMakeLists.txt short.

# quern_room(NAME [ONE_BY_ONE] [BATCH SIZE] SOURCES a.cpp ... [ROOMS base ...] [LIBS external ...])
# ONE_BY_ONE: its sources never share a translation unit. BATCH: so many do, of a large room whose
# sources include much; else each is one.
function(quern_room name)
  cmake_parse_arguments(ARG "ONE_BY_ONE" "BATCH" "SOURCES;ROOMS;LIBS" ${ARGN})
  set(sources ${ARG_SOURCES})
  if(NOT ARG_BATCH)
    set(ARG_BATCH 1)
  endif()
  if(NOT ARG_ONE_BY_ONE)
    quern_translation_units(quern_${name} sources ${ARG_BATCH} ${ARG_SOURCES})
  endif()
  add_library(quern_${name} STATIC ${sources})
  target_include_directories(quern_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  foreach(room ${ARG_ROOMS})
    target_link_libraries(quern_${name} PUBLIC quern_${room})
  endforeach()
  target_link_libraries(quern_${name} PUBLIC ${ARG_LIBS})
endfunction()

# quern_program(TARGET SOURCE...): a program of sources that each include much and do little.
function(quern_program target)
  quern_translation_units(${target} sources 5 ${ARGN})
  add_executable(${target} ${sources})
endfunction()

# Programs that only call the rooms: compiling them costs more than they run.
function(quern_glue target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# quern_test(ROOM NAME...): one binary per room from ROOM/NAME_test.cpp, registered once per
# instruction set when the room holds arithmetic (ISAS list in QUERN_TEST_ISAS).
function(quern_test room)
  if(QUERN_FUZZ)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "NAMES;ROOMS;LABELS;SOURCES" ${ARGN})
  set(sources ${ARG_SOURCES})
  foreach(name ${ARG_NAMES})
    list(APPEND sources ${name}_test.cpp)
  endforeach()
  quern_translation_units(quern_${room}_test sources 4 ${sources})
  add_executable(quern_${room}_test ${sources})
  target_link_libraries(quern_${room}_test PRIVATE quern_${room} GTest::gtest GTest::gtest_main)
  foreach(other ${ARG_ROOMS})
    target_link_libraries(quern_${room}_test PRIVATE quern_${other})
  endforeach()
  target_compile_definitions(quern_${room}_test PRIVATE
    QUERN_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  # Tests are compiled more often than they run: the rooms they test keep their optimisation, and
  # are what the sanitizer of undefined behaviour watches.
  target_compile_options(quern_${room}_test PRIVATE -Wno-conversion $<$<CONFIG:Release>:-O1>
                                                    $<$<CONFIG:RelWithDebInfo>:-O0>)
  if(QUERN_SANITIZE MATCHES undefined)
    target_compile_options(quern_${room}_test PRIVATE -fno-sanitize=undefined)
  endif()
  add_test(NAME ${room} COMMAND quern_${room}_test)
  set_tests_properties(${room} PROPERTIES LABELS "unit;${ARG_LABELS}" TIMEOUT 600)
endfunction()

# quern_bench(NAME ROOM...): one google-benchmark program from bench/NAME.cpp.
function(quern_bench name)
  add_executable(bench_${name} ${name}.cpp)
  foreach(room ${ARGN})
    target_link_libraries(bench_${name} PRIVATE quern_${room})
  endforeach()
  target_include_directories(bench_${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_options(bench_${name} PRIVATE -Wno-conversion)
endfunction()

# quern_fuzz(NAME ROOM...): one libFuzzer program from fuzz/NAME.cpp. Without clang's fuzzer it
# becomes a test that replays the corpus and a fixed set of mutations.
function(quern_fuzz name)
  add_executable(fuzz_${name} ${name}.cpp)
  foreach(room ${ARGN})
    target_link_libraries(fuzz_${name} PRIVATE quern_${room})
  endforeach()
  if(QUERN_FUZZ)
    target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    if(NOT TARGET quern_replay)
      add_library(quern_replay OBJECT replay.cpp)
      quern_glue(quern_replay)
    endif()
    target_link_libraries(fuzz_${name} PRIVATE quern_replay)
    quern_glue(fuzz_${name})
    add_test(NAME fuzz_${name} COMMAND fuzz_${name} ${CMAKE_SOURCE_DIR}/fuzz/corpus/${name})
    set_tests_properties(fuzz_${name} PROPERTIES LABELS "fuzz" TIMEOUT 300)
  endif()
endfunction()
