/* pause: holds a pod's namespaces and reaps its orphans until it is told to end. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void on_signal(int sig)
{
	if (sig != SIGCHLD)
		_exit(0);
	while (waitpid(-1, 0, WNOHANG) > 0)
		;
}

int main(void)
{
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	signal(SIGCHLD, on_signal);
	for (;;)
		pause();
}
