// Namespaces of other processes.
#pragma once

// Joins the namespace at `path`, of this type (setns(2)); NULL, or why it cannot.
const char *namespace_join(const char *path, int type);
// Executes a program, `args` with its name first, in the network namespace of process
// `pid`; returns only when it can't, with the exit code that says so.
int enter_network(unsigned pid, const char *path, char **args);
// Prints the host name of the UTS namespace at `path`; returns the exit code.
int print_hostname(const char *path);
