given = 9
