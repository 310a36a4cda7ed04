"""What the made-up friends talk about. Each line: what is told | what is asked about it, in other words.

{a} is who tells it; the other slots are filled by chance. The questions of PARAPHRASES share no word that says
anything with what is told; `conversations.py` refuses a line that does.
"""

SLOTS = {
    "place": ["Lisbon", "Oslo", "Kyoto", "Naples", "Tartu", "Quito", "Leeds", "Bergen", "Graz", "Porto", "Gdansk",
              "Malmo", "Cork", "Ghent", "Split", "Turin", "Basel", "Riga", "Aarhus", "Bilbao"],
    "person": ["Ruth", "Omar", "Greta", "Felix", "Yuki", "Carlos", "Edith", "Bruno", "Salma", "Henrik", "Paula",
               "Anton", "Miriam", "Dmitri", "Clara", "Hugo", "Priya", "Lars", "Noemi", "Oscar"],
    "number": ["three", "four", "five", "six", "seven", "eight", "nine", "eleven", "twelve", "fifteen", "twenty"],
    "colour": ["blue", "green", "yellow", "orange", "purple", "white", "turquoise"],
}

# No common word: what plain search cannot find.
PARAPHRASES = """
We finally adopted a beagle from the shelter, he answers to {person}. | What kind of pet does {a} own?
I signed up for a pottery course and ruined my shirt. | Which artistic hobby did {a} take up?
My brother got a position in {place} and leaves next month. | Where is {a}'s sibling relocating?
They let me go from the office, so I am training as a welder. | What profession is {a} learning after being fired?
I can't eat walnuts any more, my throat swells up. | Which allergy does {a} suffer from?
The spare key lies under the {colour} flowerpot. | How would a visitor unlock the door at {a}'s house?
The doctor put my knee in plaster after the ski slope. | What injury did {a} have?
I sing in a choir on Tuesdays, second row with the altos. | What musical activity does {a} take part in?
We named our newborn {person}, she weighs four kilos. | What is {a}'s baby called?
I sold the old Volvo and ride a bicycle everywhere. | How does {a} commute?
My landlord raised the rent by {number} percent. | Why are {a}'s housing costs going up?
I quit cigarettes, it has been {number} weeks. | Which bad habit did {a} give up?
The roof leaks whenever it pours, there are buckets in the attic. | What damage does the home of {a} have?
I failed my driving test because of the parallel parking. | Which exam did {a} not pass?
I have been awake until four every night since the move. | What sleep trouble does {a} have?
We danced until the band packed up, the bride cried of joy. | Which ceremony did {a} attend?
I planted tomatoes and beans behind the shed. | What vegetables does {a} grow in the garden?
My grandmother passed away peacefully in {place}. | Which relative of {a} died?
I got the top mark in my thesis defence. | What academic success did {a} have?
We are down to one salary since {person} stopped working. | What is the financial situation of {a}'s family?
I hung the hammock between the birches and read all day. | How does {a} like to relax?
The ferry was cancelled, so we slept at the harbour in {place}. | What went wrong with {a}'s travel plans?
I turned vegetarian after that documentary. | Does {a} eat meat?
The burglar took the laptop but left the silver. | What crime happened to {a}?
I teach {person} chess every Sunday. | Which board game does {a} play?
I found grandfather's medals in a biscuit tin. | What family heirloom did {a} discover?
My mother-in-law stays with us until Easter. | Who is a guest at {a}'s place?
I put my savings into a tiny cabin by the fjord in {place}. | What real estate did {a} purchase?
I dyed it {colour} and the barber laughed. | What did {a} do with their hair?
The telescope shows the rings of Saturn now. | Which astronomy equipment does {a} use?
I swim a kilometre before breakfast. | What sport does {a} practise in the morning?
I bake rye loaves from my own sourdough. | What bread does {a} make?
The vet says the tabby has bad kidneys. | Which animal of {a} is sick?
I broke up with {person}, it was time. | Whose relationship with {a} ended?
We got engaged on a cliff near {place}. | Where did {a}'s partner propose marriage?
I owe the bank {number} thousand for the van. | How large is the debt of {a}?
My passport expired two days before the flight. | Which document problem kept {a} from going abroad?
I volunteer at the soup kitchen by the station. | What charity work does {a} do?
I am terrified of lifts and take the stairs. | What phobia does {a} have?
The oven exploded, we live on sandwiches. | Which kitchen appliance of {a} broke?
I carve spoons from cherry wood. | What craft does {a} do with timber?
Our neighbour {person} plays the drums at midnight. | Who causes noise near {a}'s flat?
I lost the tip of my finger at the saw. | What accident happened to {a}?
I inherited a vineyard near {place}. | What land does {a} own now?
My firstborn starts school in autumn. | How old are the children of {a} roughly?
I set an alarm for half past five to catch the train. | When does {a} get up on a working day?
The server in the basement died, the fan was clogged with dust. | Why did the computer of {a} fail?
I copy all photos to a disk at my aunt's. | Where does {a} keep a backup of pictures?
I switched the heating to a heat pump. | How does {a} warm the house?
My hearing aid whistles in concerts. | Which disability does {a} live with?
I wrote a cookbook about dumplings. | What did {a} publish?
I support {place} since childhood, we were relegated again. | Which football club is {a} a fan of?
I pray in the mosque on Fridays. | What religion does {a} follow?
My great-grandfather came from {place} as a sailor. | Where are {a}'s ancestors from?
I speak Finnish with the kids at dinner. | Which language is used in {a}'s household?
I proposed a four-day week to my boss. | What change in working hours does {a} want?
The chairman praised my speech about bees. | What topic did {a} give a talk on?
I keep my insulin in the fridge door. | What illness does {a} have to treat?
I came second at the regional fencing finals. | Which competition did {a} do well in?
I dream of sailing round Iceland with {person}. | What adventure does {a} wish for?
"""

# The question has a word of what was told; so have others.
PLAIN = """
I cooked mushroom risotto for {number} guests. | Which risotto did {a} cook?
We drove {number} hours to {place} and camped by the river. | How many hours did {a} drive to the river?
I bought a second-hand canoe from {person}. | Who sold a canoe to {a}?
The password of the router is on a {colour} note in the drawer. | Where is the router password of {a}?
I want to run the marathon in {place} next year. | Which marathon does {a} want to run?
My violin teacher is called {person}. | Who is {a}'s violin teacher?
I am reading a novel by a writer from {place}. | Which novel is {a} reading?
The dentist pulled {number} teeth. | What did the dentist do with {a}?
We painted the nursery {colour}. | What colour did {a} paint the nursery?
I have a meeting with the tax office in {place}. | Where does {a} have to meet the tax office?
The kitchen tap drips and {person} can't come before Monday. | Who was meant to mend the kitchen tap at {a}'s?
I borrowed the long ladder from {person} for the gutters. | Whose ladder did {a} borrow for the gutters?
The new sofa is {colour} and took {number} weeks to arrive. | How long did {a} wait for the sofa?
My parents were married in {place} on a rainy day. | Where were {a}'s parents married?
I lent my drill to {person}, who never returned it. | Who has the drill that belongs to {a}?
We keep {number} hens, the eggs are {colour}. | How many hens does {a}'s family keep?
The physiotherapist in {place} is better than the one here. | Which town is the physiotherapist of {a} in?
I learned to weave carpets from {person}. | Who showed {a} how to weave carpets?
The wedding cake had {number} layers and fell over. | What happened to the wedding cake that {a} told about?
My old school in {place} burned down. | What became of {a}'s school?
I paint fences for {person} this summer. | For whom does {a} paint fences in summer?
Our holiday flat in {place} has no stairs. | Where is the holiday flat that {a} rents?
My flight to {place} was {number} hours late. | How late was {a}'s flight?
The trumpet was a present from {person}. | Who gave {a} the trumpet?
I broke the {colour} vase that came from {place}. | Which vase did {a} break?
I won a basket of fruit in the raffle of the fire brigade. | What did {a} win in the raffle?
I write letters to {person} in prison. | Who gets letters in prison from {a}?
The dog ate {number} socks and had to be operated. | What did the dog of {a} eat?
The insurance pays for the {colour} car only. | Which car does the insurance of {a} pay for?
"""

# The same thing again and again; only when it was says which is meant.
REPEATED = """
Dinner yesterday was at the {colour} restaurant with {person}. | Who had dinner with {a} at the restaurant
I went hiking near {place} at the weekend. | Where did {a} go hiking
My blood pressure was a bit high at the check-up, {number} points over. | How was {a}'s blood pressure
I saw a play in {place}, {person} had a part in it. | Which play did {a} see
The book club met at {person}'s. | Where did the book club of {a} meet
I got a parking fine in {place} again. | Where did {a} get a parking fine
"""

# What is told first gives a name; what is asked for is told under that name, another day.
HOPS = """
My sister is called {person}. | {person} opened a bakery in {place}. | What business does {a}'s sister have?
My boss is a man called {person}. | {person} retires after the summer. | When does {a}'s boss stop working?
My neighbour {person} is a widower. | {person} broke a hip on the ice. | What happened to the man next door to {a}?
The cat's name is {person}. | {person} caught a mouse and left it on the carpet. | What did {a}'s cat bring home?
My piano teacher is {person}. | {person} gave a concert in {place}. | Where did {a}'s piano teacher perform?
My cousin {person} is the tall one in the photo. | {person} joined the navy. | What career did the cousin of {a} choose?
Our plumber is {person}, I can recommend him. | {person} is booked out until March. | How busy is the plumber of {a}?
My daughter's friend is called {person}. | {person} won a prize for robots. | What did the friend of {a}'s daughter win?
"""

# Asked and answered: the answer says nothing by itself.
ANSWERS = """
Where did you put the ladder in the end? | Behind the garage, next to the {colour} bins. | Where is the ladder of {a}?
What did the mechanic say about the brakes? | {number} hundred, and not before Friday. | How expensive is the brake repair of {a}?
Who will look after the parrot? | Probably {person}, she likes birds. | Who takes care of {a}'s parrot?
How was the interview at the museum? | They want me to start right away! | Did the museum hire {a}?
Which tent did you choose? | The {colour} one for {number} people. | What tent did {a} choose?
Did the landlord fix the boiler? | No, {person} had to come again. | Who repaired the boiler of {a}?
"""

# The words of a question where they answer nothing.
BESIDE = [
    "I dreamt of a {one} last night, no idea why.",
    "Do you remember the {one} in that film?",
    "They were talking about {one} and {other} on the radio.",
    "My colleague has a {one} too, and a {other}, imagine.",
    "{one} is a funny word, isn't it?",
    "I read an article about {one}, something with {other}.",
    "The shop at the corner has a {one} in the window.",
    "What would you say if somebody gave you a {one}?",
]

SMALL = """
How was your week? | Not bad, a bit tired to be honest. | That sounds lovely! | I know what you mean. | Oh no!
The weather has been strange lately. | I have been so busy with work. | Tell me more about it. | Wow, great.
We should meet for coffee soon. | Haha, that is so you. | I watched a film last night and fell asleep halfway.
My phone keeps dying. | Did you sleep well? | I need a holiday. | What are you up to this weekend? | Good luck!
Nothing special, just chores. | I made dinner and did the dishes. | Good luck with that! | You deserve it.
I was at the market this morning, it was crowded. | The neighbours are renovating again. | Take your time.
I started reading a new book but it is slow. | Time flies, it is almost the end of the month. | Same here.
My back hurts from sitting all day. | Let me know how it goes. | I am proud of you. | That must have been hard.
The house is a mess. | My family drives me mad sometimes. | I love mornings like this. | Work is work.
The children next door are loud. | I have to go to the doctor next week. | Do you still play that game?
I forgot my keys again. | The train was late, as always. | We ate far too much. | My sister says hello.
I am learning something new every day. | Music helps me. | I would like to travel more. | My friend had the same.
The car needs new tyres. | What a trip that was! | I bought nothing in the end. | Money is tight this month.
I can't decide what to cook. | The restaurant round the corner closed. | My brother calls every day.
It was a good year, all in all. | Some people have all the luck. | I had a strange dream. | My head hurts.
I keep thinking about what you said. | Were there many people? | Who else was there? | Since when?
"""


def lines(text):
    return [tuple(part.strip() for part in line.split("|")) for line in text.strip().splitlines()]
