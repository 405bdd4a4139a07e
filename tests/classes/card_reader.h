// card_reader: a reader of smart cards that the smart-card library drives. Four ports: status, command, data, and how many bytes wait.
#ifndef CARD_READER_H
#define CARD_READER_H

#define READER_STATUS 0
#define READER_COMMAND 1
#define READER_DATA 2
#define READER_LENGTH 3

#define READER_CARD_IN 0x01   // status
#define READER_CHANGED 0x02   // status: the interrupt's reason; written back to clear it

#define READER_POWER_UP 1
#define READER_POWER_DOWN 2
#define READER_RUN 3          // what was written to the data port goes to the card; the answer waits there

#endif
