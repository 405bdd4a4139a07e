# Given as CMAKE_PROJECT_INCLUDE by `drydock build`: what is built is for Windows, so that the project takes its Windows branches.
set(WIN32 TRUE)
unset(UNIX)
unset(LINUX)
