/* A shared object that is no driver. */
int AnswerOfNoDriver(void) { return 42; }
