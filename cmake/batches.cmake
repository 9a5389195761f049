# Several sources compiled as one translation unit: headers and templates that they share are
# compiled once, which is half of a compiler's work here and more. Programs that only call the rooms,
# the two largest rooms above the engine (apps, serve), and tests are compiled in small batches; with a
# sanitizer all rooms are, and in larger ones (QUERN_BATCH in CMakePresets.json). QUERN_BATCH=1 compiles
# every source alone, and so shows whether each includes what it uses.

# The names that FILE declares outside any function or class. By the form of the line alone, which
# .clang-format keeps: such declarations begin in the first column.
function(quern_declared_names file out)
  set(${out} "" PARENT_SCOPE)
  if(NOT EXISTS ${file})
    return()  # The compiler says it better.
  endif()
  file(READ ${file} text)
  string(REGEX REPLACE "[][;]" "@" text "\n${text}")
  string(REGEX MATCHALL "\n[A-Za-z][^\n({=@]*[({=@]" heads "${text}")
  set(names "")
  foreach(head ${heads})
    string(REGEX REPLACE "( final| : .*)?[({=@]$" "" head "${head}")
    if(NOT head MATCHES "^\n(namespace|template|using namespace)" AND
       head MATCHES "[ *&\n]([A-Za-z_][A-Za-z0-9_]*) *$")
      list(APPEND names ${CMAKE_MATCH_1})
    endif()
  endforeach()
  list(FILTER names EXCLUDE REGEX "^(TEST|TEST_F|TEST_P|INSTANTIATE_TEST_SUITE_P|static_assert)$")
  set(${out} "${names}" PARENT_SCOPE)
endfunction()

# has_common(OUT A B): whether a name is in both lists.
function(quern_has_common out a b)
  set(${out} FALSE PARENT_SCOPE)
  foreach(name ${a})
    if(name IN_LIST b)
      set(${out} TRUE PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# quern_batches(TARGET OUT SIZE SOURCE...): files that include about SIZE of the sources each, 0.7 to
# 1.4 times as many. Which of them a source comes to follows from its name, so that a new source
# changes one alone: their number is a power of two, and seldom another one.
# Names must not meet: where one of its own is taken, a source goes to the next batch, and where a
# header that others include, and it does not, declares one, it is compiled alone.
function(quern_batches target out size)
  list(LENGTH ARGN n_sources)
  set(n_batches 1)
  math(EXPR n_in_one "${size} * 7 / 5")
  set(n_held ${n_in_one})
  while(n_held LESS n_sources)
    math(EXPR n_batches "${n_batches} * 2")
    math(EXPR n_held "${n_batches} * ${n_in_one}")
  endwhile()
  math(EXPR last "${n_batches} - 1")
  set(headers "")
  get_filename_component(room ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  foreach(source ${ARGN})
    file(STRINGS ${source} includes_of_${source} REGEX "^#include \"${room}/")
    list(APPEND headers ${includes_of_${source}})
  endforeach()
  list(REMOVE_DUPLICATES headers)
  foreach(header ${headers})
    string(REGEX REPLACE "#include \"([^\"]*)\"" "\\1" path ${header})
    quern_declared_names(${CMAKE_SOURCE_DIR}/src/${path} names_of_${header})
  endforeach()
  set(units "")
  foreach(source ${ARGN})
    get_filename_component(path ${source} ABSOLUTE)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    quern_declared_names(${path} names)
    set(foreign "")
    foreach(header ${headers})
      if(NOT header IN_LIST includes_of_${source})
        list(APPEND foreign ${names_of_${header}})
      endif()
    endforeach()
    quern_has_common(is_taken "${names}" "${foreign}")
    string(MD5 hash ${source})
    string(SUBSTRING ${hash} 0 6 hash)
    set(step 0)
    while(NOT is_taken)
      math(EXPR i "(0x${hash} + ${step}) % ${n_batches}")
      quern_has_common(is_met "${names}" "${names_${i}}")
      if(NOT is_met)
        file(RELATIVE_PATH relative ${CMAKE_SOURCE_DIR}/src ${path})
        string(APPEND text_${i} "#include \"${relative}\"\n")
        list(APPEND names_${i} ${names})
        break()
      endif()
      math(EXPR step "${step} + 1")
      if(step EQUAL n_batches)
        set(is_taken TRUE)
      endif()
    endwhile()
    if(is_taken)
      list(APPEND units ${source})
    endif()
  endforeach()
  foreach(i RANGE ${last})
    if(text_${i})
      set(file ${CMAKE_CURRENT_BINARY_DIR}/${target}_batch_${i}.cpp)
      file(CONFIGURE OUTPUT ${file} CONTENT "${text_${i}}" @ONLY)
      # Bases of fixtures and shadowed names mean something else here; where each source is compiled
      # alone they are errors.
      set_source_files_properties(${file} PROPERTIES
        COMPILE_OPTIONS "-Wno-shadow;$<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>")
      list(APPEND units ${file})
    endif()
  endforeach()
  set(${out} "${units}" PARENT_SCOPE)
endfunction()

# quern_translation_units(TARGET OUT SIZE SOURCE...): what is compiled for the sources of a target:
# batches of SIZE, or of QUERN_BATCH where that is set.
function(quern_translation_units target out size)
  if(QUERN_BATCH)
    set(size ${QUERN_BATCH})
  endif()
  set(units ${ARGN})
  if(size GREATER 1)
    quern_batches(${target} units ${size} ${ARGN})
  endif()
  set(${out} "${units}" PARENT_SCOPE)
endfunction()
