shown = null
