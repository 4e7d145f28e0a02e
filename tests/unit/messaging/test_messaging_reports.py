"""What a text says of a death or a hospital: sure, near (a person reads it), or nothing of it."""

import pytest

from rsm.kernel.keywords import normalise
from rsm.messaging.decide import ReadingKind, ReadingReason, read_text
from rsm.messaging.reports import LANGUAGES, Report, ReportKind, report_of

DEATHS = """
my husband passed away
My husband passed away.
my wife passed away last night
My mother has passed away
my mom died this morning
mom died
dad passed away yesterday
Hi, dad died
my dad died on Sunday
My father is deceased
she passed away
She died
he died last week
He has died.
my son passed away
my daughter died
my partner is no longer with us
my brother is dead
The patient passed away
the patient has died
patient deceased
Deceased
my grandmother passed
my wife has passed
My wife sadly passed away on Friday
he just passed away
she passed this morning
he passed in his sleep
my mother in law died
I'm sorry to tell you my wife died last night
I am so sorry to tell you that my husband passed away
I wanted to let you know my mother passed away
I regret to inform you that my father died
Thought you should know she passed away in May
This is his daughter. My father passed away.
Hello this is Ana, her daughter. My mother passed away yesterday. Thank you for your care.
This is John, Maria's husband. She passed away on Tuesday. Please stop texting.
My wife passed away, she will not be answering any more surveys
our father passed away peacefully
my husband lost his battle
my mother was pronounced dead
my boyfriend died
mi esposo falleció
Mi esposo falleció ayer
mi esposa ha fallecido
mi mamá murió
Mi mamá murió anoche
mi papá se murió
falleció mi esposo
Falleció mi mamá ayer en la noche
ha fallecido mi padre
murió mi hermano
se nos murió mi mamá
mi madre ya no está con nosotros
mi padre lamentablemente falleció
Papá murió
mi abuela está muerta
ella falleció el lunes
la señora falleció
el paciente ha muerto
falleció
"""
HOSPITALS = """
my husband is in the hospital
My mom is in the hospital
mom is in the hospital
Hi, mom is in hospital
dad is in the ICU
My wife is in intensive care
she is in the hospital
She's in the hospital
he's in the ICU
my moms in the hospital
my husband was admitted to the hospital
My father was admitted last night
my mother has been hospitalized
my son got admitted
my dad is hospitalised
my wife is in the hospital and can't answer
my husband is still in the hospital
the patient is in the hospital
I'm in the hospital
I am in the hospital
Im in hospital
I am in the hospital right now
I'm in the ICU
I was admitted yesterday
I was admitted to the hospital
I've been admitted
I have been hospitalized since Monday
I got admitted last night
they admitted me
they are keeping me in the hospital
they admitted my husband
I'm in the hospital with chest pain
My wife is in a coma
mi esposo está en el hospital
Mi mamá está en el hospital
mi mama esta internada
mi papá está internado desde ayer
mi esposa fue hospitalizada
mi hermano fue ingresado anoche
mi madre está en cuidados intensivos
mi hijo está en la uci
ella está hospitalizada
la internaron
La internaron anoche
lo hospitalizaron
lo ingresaron ayer
internaron a mi mamá
Hospitalizaron a mi esposo
estoy en el hospital
Estoy hospitalizada
estoy internado
me internaron
me internaron ayer
me ingresaron el lunes
sigo en el hospital
"""
# They speak of it, and nobody acts before a person has read what they say.
NEAR = """
my dog died
my cat passed away
my phone died at the funeral
I almost died
I nearly died laughing
I died laughing
My mother died so I could not answer
my husband died. I cant stop crying
my father died 10 years ago
my mom died last year
if my husband died what should I do
I dreamed that my wife died
I am afraid my husband is dead
my dad is dead tired
Maria died
Maria passed away
she did not make it
his funeral is tuesday
her obituary is in the paper
I lost my husband
has she died?
is my mom in the hospital?
should I go to the hospital
do I need to go to the hospital?
I want to go to the hospital
I'm going to the hospital
on my way to the hospital
took mom to the hospital
we are at the hospital
I am not in the hospital
I'm not in the hospital anymore
I am out of the hospital
I just got home from the hospital
my husband is home from the hospital
she was discharged from the hospital
I was in the hospital last year
my wife works in the hospital
I am visiting my wife, she is in the hospital
the hospital called me
I am in the emergency room
what does the hospital say
hospice came today
my husband might be in the hospital
I thought she was admitted
mi perro murió
casi me muero en el hospital
¿mi mamá está en el hospital?
ya salí del hospital
me dieron de alta del hospital
no estoy en el hospital
tengo que ir al hospital
mi esposo murió hace años
mi esposo trabaja en el hospital
soñé que mi mamá murió
si, mi esposo murió
María falleció
el funeral es mañana
se nos fue, descansa en paz
voy a urgencias
"""
NOTHING = """
I passed a kidney stone
he passed the test
my son passed his exam
she passed on the pills
I passed out
I feel like dying
I'm dying of pain
I think I'm dying
I want to die
the pain is killing me
my husband is worried
my mom is with me
she is in pain
she is in bed
he is in the shower
my husband is not feeling well
I was late
my wife helps me
no
yes
2
3 - severe
can't stop vomiting
admit it
my numbers
thanks
the doctor called
my daughter is here
I missed it
I am in the car
I'm in treatment now
mi esposo me ayuda
mi mamá está conmigo
estoy en cama
estoy en la calle
tengo mucho dolor
me siento muy mal
el dolor es fuerte
ella está bien
la paciente está bien
gracias
no puedo dormir
me quiero morir
"""


def lines(table: str) -> list[str]:
    return [line for line in table.splitlines() if line]


@pytest.mark.parametrize("text", lines(DEATHS))
def test_a_relatives_word_of_a_death_is_recognised(text: str) -> None:
    assert report_of(text) == Report(ReportKind.DEATH, sure=True)


@pytest.mark.parametrize("text", lines(HOSPITALS))
def test_a_word_of_a_stay_in_hospital_is_recognised(text: str) -> None:
    assert report_of(text) == Report(ReportKind.HOSPITAL, sure=True)


@pytest.mark.parametrize("text", lines(NEAR))
def test_what_only_may_speak_of_it_goes_to_a_person(text: str) -> None:
    found = report_of(text)
    assert found is not None
    assert not found.sure
    assert read_text(text).kind is ReadingKind.UNCLEAR
    assert read_text(text).tell_staff


@pytest.mark.parametrize("text", lines(NOTHING))
def test_what_does_not_speak_of_it_reports_nothing(text: str) -> None:
    assert report_of(text) is None


@pytest.mark.parametrize("text", [*lines(DEATHS), *lines(HOSPITALS)])
def test_capitals_accents_and_signs_change_nothing(text: str) -> None:
    assert report_of(f"  {text.upper()} !!") == report_of(normalise(text)) == report_of(text)


@pytest.mark.parametrize(
    "text",
    ["He passed away. Stop texting us!", "mi esposo falleció, ya no manden mensajes, parar"],
)
def test_whoever_also_wants_no_texts_is_asked_about_that(text: str) -> None:
    reading = read_text(text)
    assert reading.kind is ReadingKind.DEATH
    assert reading.near_stop


def test_a_near_report_has_its_own_reason_so_that_whoever_reads_it_knows() -> None:
    assert read_text("took mom to the hospital").reason is ReadingReason.NEAR_REPORT
    assert read_text("I feel tired").reason is ReadingReason.FREE_TEXT


def test_a_long_text_is_read_quickly_and_whole() -> None:
    filler = "and the weather is fine " * 60
    assert report_of(filler + "my husband passed away") == Report(ReportKind.DEATH, sure=True)
    assert report_of("my husband is in " * 400) is None


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES.keys())
def test_every_phrase_of_the_tables_is_in_the_form_in_which_texts_are_compared(
    words: object,
) -> None:
    for table in vars(words).values():
        for phrase in table:
            assert normalise(phrase) == phrase
